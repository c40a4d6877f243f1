"""An epoch by hand, and a training that resumes after any epoch with the same bytes."""

import copy
import io
from math import exp, log

from sarcasm import trainer as trainer_module
from sarcasm.dataset import Batch, HeadlineDataset
from sarcasm.model import HeadlineClassifier
from sarcasm.stage import InputError
from sarcasm.trainer import Checkpoint, Epoch, Scores, Trainer, evaluate, overfit_epoch, predict, train_epoch

import numpy as np
import pytest
import torch
from torch import nn

DROPOUT = {"embedding": 0.2, "inter_layer": 0.2, "rnn_output": 0.2, "linear": 0.2}


class Lookup(nn.Module):
    """The logit of a headline is the weight of its first word."""

    def __init__(self, weights):
        super().__init__()
        self.weights = nn.Parameter(torch.tensor(weights))

    def forward(self, ids):
        return self.weights[ids[:, 0]]


def headlines(count, seed):
    draw = np.random.default_rng(seed)
    words = draw.integers(1, 9, (count, 5))
    ids = words * (np.arange(5) < draw.integers(0, 6, count)[:, None])
    return HeadlineDataset(ids.astype(np.int32), draw.integers(0, 2, count))


def make_trainer(save_weights="best", bucketed=True, learning_rate=0.01):
    torch.manual_seed(1)
    network = HeadlineClassifier(9, 3, "lstm", 2, True, 4, DROPOUT, wide=20)
    return Trainer(network, learning_rate, batch_size=8, bucketed=bucketed, save_weights=save_weights, seed=1)


def everything(trainer):
    buffer = io.BytesIO()
    torch.save(trainer.state_dict(), buffer)
    return buffer.getvalue()


def test_an_epoch_by_hand():
    model = Lookup([0.0, 0.0])
    batches = [Batch(torch.tensor([[1]] * count), torch.ones(count), torch.arange(count)) for count in (1, 2)]
    scores = train_epoch(model, torch.optim.SGD(model.parameters(), lr=1), batches)
    # the logit 0 is not above 0; its gradient is 0.5 - 1, after which the logit is 0.5
    assert scores.loss == pytest.approx((log(2) + 2 * log(1 + exp(-0.5))) / 3)
    assert scores.accuracy == pytest.approx(2 / 3)
    assert model.weights.tolist() == pytest.approx([0, 0.5 + 1 - 1 / (1 + exp(-0.5))])


@pytest.mark.parametrize("bucketed", [True, False])
def test_scores_by_hand(bucketed, monkeypatch):
    monkeypatch.setattr(trainer_module, "EVALUATION_BATCH", 2)  # the mean is over headlines, not over batches
    model = Lookup([0.0, log(3), -log(3)]).train()
    data = HeadlineDataset(np.array([[1, 1], [2, 0], [1, 1]], np.int32), np.array([1, 1, 0]))
    assert predict(model, data, bucketed).tolist() == pytest.approx([log(3), -log(3), log(3)])
    scores = evaluate(model, data, bucketed)  # probabilities of 0.75, 0.25 and 0.75
    assert scores == (pytest.approx(-(log(0.75) + 2 * log(0.25)) / 3), 1 / 3) and not model.training


@pytest.mark.parametrize("save_weights", ["best", "last"])
@pytest.mark.parametrize("bucketed", [True, False])
def test_a_training_resumed_after_any_epoch_ends_with_the_same_bytes(save_weights, bucketed):
    training, validation = headlines(40, 1), headlines(20, 2)
    whole, states = make_trainer(save_weights, bucketed), []
    for _ in range(5):
        states.append(copy.deepcopy(whole.state_dict()))
        whole.run_epoch(training, validation)
    for done, state in enumerate(states):
        resumed = make_trainer(save_weights, bucketed)
        resumed.load_state_dict(state)
        assert len(resumed.history) == done
        for _ in range(done, 5):
            resumed.run_epoch(training, validation)
        assert everything(resumed) == everything(whole)


@pytest.mark.parametrize(("save_weights", "saved"), [("best", 2), ("last", 4)])
def test_the_saved_weights_are_of_the_best_or_of_the_last_epoch(save_weights, saved, monkeypatch):
    losses = iter([0.7, 0.5, 0.6, 0.5])  # the first of equals is the best
    monkeypatch.setattr(trainer_module, "evaluate", lambda *_: Scores(next(losses), 0.5))
    trainer, weights = make_trainer(save_weights), {}
    for number in range(1, 5):
        assert trainer.run_epoch(headlines(40, 1), headlines(20, 2)).epoch == number
        weights[number] = copy.deepcopy(trainer.model.state_dict())
    assert trainer.best_epoch.epoch == 2 and trainer.saved_epoch.epoch == saved
    assert all(torch.equal(trainer.saved_weights[name], weight) for name, weight in weights[saved].items())


@pytest.mark.parametrize("which", ["training", "validation"])
def test_a_loss_that_is_not_finite_is_refused_with_the_epoch(which):
    trainer, data = make_trainer(), {"training": headlines(8, 1), "validation": headlines(8, 2)}
    trainer.run_epoch(**data)
    data[which].labels[3] = float("nan")
    with pytest.raises(InputError, match=f"^epoch 2: .*{which} loss (is )?nan.*; try a lower learning_rate"):
        trainer.run_epoch(**data)
    assert len(trainer.history) == 1


@pytest.mark.parametrize(
    ("gaps", "onset"), [([0.1, 0, 0.06, 0.2], 3), ([0.06], 1), ([0.1, 0.2, 0.04], None), ([-1], None)]
)
def test_overfitting_starts_where_the_validation_loss_stays_higher(gaps, onset):
    assert overfit_epoch([Epoch(number, 0.5, 0.5, 0.5 + gap, 0.5) for number, gap in enumerate(gaps, start=1)]) == onset


@pytest.fixture
def checkpoint(tmp_path):
    """Return a function that opens the checkpoint of a training with some settings and data."""

    def make(settings="lstm", data="ids"):
        (tmp_path / "plain.npz").write_text(data)
        return Checkpoint(tmp_path / "checkpoints/lstm-1.pt", settings, [tmp_path / "plain.npz"])

    return make


def test_a_checkpoint_comes_back_until_the_training_is_complete(checkpoint):
    assert checkpoint().load() is None
    checkpoint().save({"model": {"weight": torch.arange(6.0)}, "history": [(1, 0.5)]})
    state = checkpoint().load()
    assert state["model"]["weight"].tolist() == [0, 1, 2, 3, 4, 5] and state["history"] == [(1, 0.5)]
    checkpoint().remove()
    assert checkpoint().load() is None


def test_a_damaged_checkpoint_or_that_of_another_training_is_not_loaded(checkpoint, monkeypatch):
    checkpoint().save({"history": []})
    assert checkpoint("gru").load() is checkpoint(data="other ids").load() is None
    assert checkpoint().load() == {"history": []}
    with monkeypatch.context() as patch:
        patch.setattr(torch, "__version__", "0.0.1")
        assert checkpoint().load() is None
    path = checkpoint().path
    for damaged in (b"", path.read_bytes()[:500]):
        path.write_bytes(damaged)
        assert checkpoint().load() is None
    torch.save({"history": []}, path)  # as another version may have saved
    assert checkpoint().load() is None


def test_saving_takes_at_most_its_share_of_the_time(checkpoint, monkeypatch):
    seconds = iter([10, 12, 49, 50, 52, 53])  # saving takes two seconds, and is due again 38 seconds later
    monkeypatch.setattr(trainer_module.time, "monotonic", lambda: next(seconds))
    saved = checkpoint()
    for epoch in range(4):
        saved.save({"epoch": epoch})
        assert saved.load() == {"epoch": [0, 0, 2, 2][epoch]}
