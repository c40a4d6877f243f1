"""A run that is put down and taken up again, and one whose loss is lost."""

import copy
import io

import numpy as np
import pytest
import torch
from tests.project import params, refusal, run_stage
from torch import nn

from sarcasm import model
from sarcasm.batching import Batch, Headlines
from sarcasm.errors import InputError
from sarcasm.model import HeadlineClassifier
from sarcasm.params import Train
from sarcasm.training import Run, train_epoch

NETWORK = {"embedding_dimension": 3, "layers": 2, "bidirectional": True, "hidden_size": 4}
DROPOUT = {"embedding": 0.2, "between": 0.2, "recurrent": 0.2, "linear": 0.2}


def headlines(count, seed):
    draw = np.random.default_rng(seed)
    lengths = draw.integers(0, 6, count)
    return Headlines(draw.integers(1, 9, lengths.sum()).astype(np.int32), lengths, draw.integers(0, 2, count), 5)


def begin(**settings):
    """Begin a run as stages/train.py does."""
    torch.manual_seed(1)
    network = HeadlineClassifier(9, cell="lstm", dropout=DROPOUT, **NETWORK)
    return Run(network, 0.01, Train(**params()["train"] | {"epochs": 6, "device": "cpu"} | settings))


def everything(run):
    buffer = io.BytesIO()
    torch.save(run.state(), buffer)
    return buffer.getvalue()


@pytest.mark.parametrize("limit", [0, model.DENSE_LIMIT])
@pytest.mark.parametrize("keep", ["best", "last"])
@pytest.mark.parametrize("batching", ["bucketed", "padded"])
def test_a_run_taken_up_after_any_epoch_ends_with_the_same_bytes(keep, batching, limit, monkeypatch):
    monkeypatch.setattr(model, "DENSE_LIMIT", limit)
    training, validation = headlines(40, 1), headlines(20, 2)
    whole = begin(keep=keep, batching=batching)
    states = []
    for _ in range(6):
        states.append(copy.deepcopy(whole.state()))
        whole.epoch(training, validation)
    end = everything(whole)
    for done, state in enumerate(states[1:], start=1):
        run = begin(keep=keep, batching=batching)
        run.restore(state)
        assert len(run.history) == done
        for _ in range(done, 6):
            run.epoch(training, validation)
        assert everything(run) == end


def test_a_large_embedding_moves_the_rows_of_a_batch_alone(monkeypatch):
    steps = [Headlines(np.array(ids, dtype=np.int32), np.array([3]), np.ones(1), 3) for ids in ([1, 2, 2], [3, 4, 4])]
    weights = {}
    for limit in (26, 27):  # 9 words of 3 numbers
        monkeypatch.setattr(model, "DENSE_LIMIT", limit)
        run = begin()
        weights[limit] = [run.model.embedding.weight.detach().clone()]
        for step in steps:
            torch.manual_seed(2)
            run.epoch(step, step)
            weights[limit].append(run.model.embedding.weight.detach().clone())
    (start, lazy, later), (_, dense, aged) = weights[26], weights[27]
    assert torch.allclose(lazy, dense, atol=1e-5)  # the first step is Adam's
    assert (later != lazy).any(dim=1).tolist() == [False] * 3 + [True] * 2 + [False] * 4
    assert (aged != dense).any(dim=1).tolist() == [False] + [True] * 4 + [False] * 4
    assert (lazy != start).any(dim=1).tolist() == [False] + [True] * 2 + [False] * 6


def test_the_step_of_a_loss_that_is_not_finite_is_named():
    network = nn.Sequential(nn.Embedding(3, 1), nn.Flatten(0))
    with torch.no_grad():
        network[0].weight[2] = float("nan")
    batches = [Batch(torch.tensor([[word]]), torch.zeros(1), torch.zeros(1)) for word in (0, 1, 2, 0)]
    with pytest.raises(InputError, match="^step 3: the loss is nan"):
        train_epoch(network, [torch.optim.SGD(network.parameters(), lr=0.1)], batches)


def test_a_validation_loss_that_is_not_finite_names_the_epoch():
    run = begin()
    run.epoch(headlines(8, 1), headlines(8, 2))
    validation = headlines(8, 2)
    validation.labels[3] = float("inf")
    with pytest.raises(InputError, match="^epoch 2, validation: the loss is"):
        run.epoch(headlines(8, 1), validation)


def test_a_loss_that_is_not_finite_stops_the_stage_and_writes_nothing(small_project):
    vectors = np.load(small_project / "data/embeddings/glove.npy")
    np.save(small_project / "data/embeddings/glove.npy", np.full_like(vectors, np.nan))
    before = (small_project / "models/glove_lstm.pt").read_bytes()
    message = refusal(small_project, "train", "glove_lstm")
    assert message.startswith("variant glove_lstm, epoch 1, step 1: the loss is nan")
    assert (small_project / "models/glove_lstm.pt").read_bytes() == before


def test_vectors_of_another_vocabulary_are_refused(small_project):
    vectors = np.load(small_project / "data/embeddings/glove.npy")
    for wrong in (vectors[:1], vectors[:-1], np.vstack([vectors, vectors])):
        np.save(small_project / "data/embeddings/glove.npy", wrong)
        assert f"glove.npy: {len(wrong)} vectors, expected" in refusal(small_project, "train", "glove_lstm")


def test_a_variant_that_is_not_there_is_refused_with_those_that_are(small_project):
    assert refusal(small_project, "train", "gru").endswith("params.yaml has lstm, stacked_lstm_dropout, glove_lstm")


def test_training_again_gives_the_same_bytes(small_project):
    before = (small_project / "models/stacked_lstm_dropout.pt").read_bytes()
    (small_project / "models/stacked_lstm_dropout.pt").unlink()
    run_stage(small_project, "train", "stacked_lstm_dropout")
    assert (small_project / "models/stacked_lstm_dropout.pt").read_bytes() == before
