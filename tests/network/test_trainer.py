"""Training that is resumed, sparse updates, and losses that are not finite."""

import copy
import io
import sys

import numpy as np
import pytest
import torch
from tests.project import refusal, run, run_stage
from torch import nn

from sarcasm.base.command import InputError
from sarcasm.base.params import Recipe
from sarcasm.network import model
from sarcasm.network import trainer as trainer_module
from sarcasm.network.dataset import Batch, HeadlineDataset
from sarcasm.network.model import HeadlineClassifier
from sarcasm.network.trainer import Trainer, train_epoch
from sarcasm.text.encoded import Encoded

NETWORK = {"embedding_dimension": 3, "layers": 2, "bidirectional": True, "hidden_size": 4}
DROPOUT = {"embedding": 0.2, "inter_layer": 0.2, "rnn_output": 0.2, "linear": 0.2}


def headlines(count, seed):
    draw = np.random.default_rng(seed)
    lengths = draw.integers(0, 6, count)
    ids = draw.integers(1, 9, lengths.sum()).astype(np.int32)
    return HeadlineDataset(Encoded(ids, lengths, draw.integers(0, 2, count)), 5)


def make_trainer(**settings):
    """Create a trainer as stages/train.py does."""
    torch.manual_seed(1)
    network = HeadlineClassifier(9, cell="lstm", dropout=DROPOUT, **NETWORK)
    recipe = Recipe(6, 8, "bucketed", "best", learning_rate=0.01, learning_rates={})
    return Trainer(network, recipe._replace(**settings), seed=1)


def everything(trainer):
    buffer = io.BytesIO()
    torch.save(trainer.state_dict(), buffer)
    return buffer.getvalue()


@pytest.mark.parametrize("limit", [0, model.DENSE_LIMIT])
@pytest.mark.parametrize("checkpoint", ["best", "last"])
@pytest.mark.parametrize("batching", ["bucketed", "padded"])
def test_a_run_resumed_after_any_epoch_ends_with_the_same_bytes(checkpoint, batching, limit, monkeypatch):
    monkeypatch.setattr(model, "DENSE_LIMIT", limit)
    training, validation = headlines(40, 1), headlines(20, 2)
    settings = {"checkpoint": checkpoint, "batching": batching}
    if checkpoint == "last":
        settings |= {"warm_up": 0.1, "r_drop": 0.5, "learning_rates": {"embedding": 0.001}}
    whole = make_trainer(**settings)
    states = []
    for _ in range(6):
        states.append(copy.deepcopy(whole.state_dict()))
        whole.run_epoch(training, validation)
    end = everything(whole)
    for done, state in enumerate(states[1:], start=1):
        trainer = make_trainer(**settings)
        trainer.load_state_dict(state)
        assert len(trainer.history) == done
        for _ in range(done, 6):
            trainer.run_epoch(training, validation)
        assert everything(trainer) == end


def test_a_large_embedding_updates_only_the_rows_of_a_batch(monkeypatch):
    rows = [np.array(ids, dtype=np.int32) for ids in ([1, 2, 2], [3, 4, 4])]
    steps = [HeadlineDataset(Encoded(ids, np.array([3]), np.ones(1)), 3) for ids in rows]
    weights = {}
    for limit in (26, 27):  # 9 words of 3 numbers
        monkeypatch.setattr(model, "DENSE_LIMIT", limit)
        trainer = make_trainer()
        weights[limit] = [trainer.model.embedding.weight.detach().clone()]
        for step in steps:
            torch.manual_seed(2)
            trainer.run_epoch(step, step)
            weights[limit].append(trainer.model.embedding.weight.detach().clone())
    (start, sparse, later), (_, dense, after) = weights[26], weights[27]
    assert torch.allclose(sparse, dense, atol=1e-5)  # equal in the first step
    assert (later != sparse).any(dim=1).tolist() == [False] * 3 + [True] * 2 + [False] * 4
    assert (after != dense).any(dim=1).tolist() == [False] + [True] * 4 + [False] * 4
    assert (sparse != start).any(dim=1).tolist() == [False] + [True] * 2 + [False] * 6


def test_the_optimizers_are_those_of_torch(monkeypatch):
    monkeypatch.setattr(model, "DENSE_LIMIT", 0)
    ends = []
    for change in (trainer_module.eager, lambda optimizer: optimizer):
        monkeypatch.setattr(trainer_module, "eager", change)
        ours = make_trainer(warm_up=0.1, learning_rates={"output": 0.001})
        for _ in range(3):
            ours.run_epoch(headlines(40, 1), headlines(20, 2))
        ends.append(everything(ours))
    assert ends[0] == ends[1]


def test_a_training_does_not_import_the_compiler(small_project):
    script = (
        "import runpy, sys; sys.path.insert(0, 'stages'); sys.argv = ['train.py', 'glove_lstm', '1']\n"
        "runpy.run_path('stages/train.py', run_name='__main__')\n"
        "print('torch._dynamo' in sys.modules)"
    )
    assert run(small_project, sys.executable, "-c", script).stdout.splitlines()[1:] == ["False"]


def test_the_step_of_a_loss_that_is_not_finite_is_named():
    network = nn.Sequential(nn.Embedding(3, 1), nn.Flatten(0))
    with torch.no_grad():
        network[0].weight[2] = float("nan")
    batches = [Batch(torch.tensor([[word]]), torch.zeros(1), torch.zeros(1)) for word in (0, 1, 2, 0)]
    with pytest.raises(InputError, match="^step 3: the loss is nan"):
        train_epoch(network, [torch.optim.SGD(network.parameters(), lr=0.1)], batches)


def test_a_validation_loss_that_is_not_finite_names_the_epoch():
    trainer = make_trainer()
    trainer.run_epoch(headlines(8, 1), headlines(8, 2))
    validation = headlines(8, 2)
    validation.labels[3] = float("inf")
    with pytest.raises(InputError, match="^epoch 2, validation: the loss is"):
        trainer.run_epoch(headlines(8, 1), validation)


def test_a_loss_that_is_not_finite_stops_the_stage_and_writes_nothing(small_project):
    vectors = np.load(small_project / "data/embeddings/glove.npy")
    np.save(small_project / "data/embeddings/glove.npy", np.full_like(vectors, np.nan))
    before = (small_project / "models/glove_lstm-1.pt").read_bytes()
    message = refusal(small_project, "train", "glove_lstm", "1")
    assert message.startswith("variant glove_lstm-1, epoch 1, step 1: the loss is nan")
    assert (small_project / "models/glove_lstm-1.pt").read_bytes() == before


def test_vectors_of_another_vocabulary_are_refused(small_project):
    vectors = np.load(small_project / "data/embeddings/glove.npy")
    for wrong in (vectors[:1], vectors[:-1], np.vstack([vectors, vectors])):
        np.save(small_project / "data/embeddings/glove.npy", wrong)
        assert f"glove.npy: {len(wrong)} vectors, expected" in refusal(small_project, "train", "glove_lstm", "1")


def test_an_unknown_variant_is_refused_with_the_known_names(small_project):
    assert refusal(small_project, "train", "gru", "1").endswith(
        "params.yaml has lstm, stacked_lstm_dropout, glove_lstm"
    )


def test_training_again_gives_the_same_bytes(small_project):
    before = (small_project / "models/stacked_lstm_dropout-1.pt").read_bytes()
    (small_project / "models/stacked_lstm_dropout-1.pt").unlink()
    run_stage(small_project, "train", "stacked_lstm_dropout", "1")
    assert (small_project / "models/stacked_lstm_dropout-1.pt").read_bytes() == before
