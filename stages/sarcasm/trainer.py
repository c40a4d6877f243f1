"""Training: one epoch, the scores of a model, and a trainer that can be saved and resumed after any epoch."""

import copy
import hashlib
import io
import math
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from sarcasm.dataset import Batch, HeadlineDataset
from sarcasm.stage import InputError, write_bytes

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits
from torch.optim import Optimizer

EVALUATION_BATCH = 512  # headlines
SAVING = 0.05  # of the time of a training, at most, for checkpoints


class Scores(NamedTuple):
    """loss: mean binary cross-entropy per headline, in nats; accuracy: 0 to 1."""

    loss: float
    accuracy: float


class Epoch(NamedTuple):
    """One row of a history. Training scores are measured during training, as in the book."""

    epoch: int
    train_loss: float
    train_accuracy: float
    validation_loss: float
    validation_accuracy: float


def train_epoch(model: nn.Module, optimizer: Optimizer, batches: Iterable[Batch]) -> Scores:
    """Take one step per batch; return the mean loss per headline and the accuracy, measured during training."""
    model.train()
    device = next(model.parameters()).device
    total_loss, correct, headlines = 0.0, 0, 0
    for ids, labels, _ in batches:
        ids, labels = ids.to(device), labels.to(device)
        optimizer.zero_grad()
        logits = model(ids)
        loss = binary_cross_entropy_with_logits(logits, labels)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        total_loss += loss.item() * len(labels)
        correct += int(((logits > 0) == (labels > 0.5)).sum())
        headlines += len(labels)
    return Scores(total_loss / headlines, correct / headlines)


@torch.no_grad()
def predict(model: nn.Module, headlines: HeadlineDataset, bucketed: bool) -> Tensor:
    """Return the logit of every headline in order, float32 (headlines,), on the CPU."""
    model.eval()
    device = next(model.parameters()).device
    logits = torch.zeros(len(headlines))
    for ids, _, indexes in headlines.batches(EVALUATION_BATCH, bucketed):
        logits[indexes] = model(ids.to(device)).cpu()
    return logits


def evaluate(model: nn.Module, headlines: HeadlineDataset, bucketed: bool) -> Scores:
    """Return mean loss and accuracy over all headlines, not over batches."""
    logits, labels = predict(model, headlines, bucketed), headlines.labels
    loss = binary_cross_entropy_with_logits(logits.double(), labels.double())
    return Scores(float(loss), int(((logits > 0) == (labels > 0.5)).sum()) / len(labels))


class Trainer:
    """A model in training, with everything that determines the next epoch.

    save_weights: of the `best` epoch, that with the lowest validation loss, or of the `last`

    Source: the book, chapter 7: Adam with its default betas, binary cross-entropy, batches shuffled every epoch.
    """

    def __init__(
        self, model: nn.Module, learning_rate: float, batch_size: int, bucketed: bool, save_weights: str, seed: int
    ) -> None:
        self.model, self.batch_size, self.bucketed, self.save_weights = model, batch_size, bucketed, save_weights
        self.optimizer = torch.optim.Adam(model.parameters(), learning_rate, fused=True)  # fused: in one operation
        self.shuffle = torch.Generator().manual_seed(seed)
        self.history: list[Epoch] = []
        self.saved_weights: dict[str, Tensor] = {}

    def run_epoch(self, training: HeadlineDataset, validation: HeadlineDataset) -> Epoch:
        """Train and score one more epoch; copy its weights if they are the ones to save.

        Raises InputError if a loss is not finite.
        """
        trained = train_epoch(
            self.model, self.optimizer, training.batches(self.batch_size, self.bucketed, self.shuffle)
        )
        scores = evaluate(self.model, validation, self.bucketed)
        epoch = Epoch(len(self.history) + 1, *trained, *scores)
        if not all(map(math.isfinite, epoch)):
            losses = f"the training loss is {trained.loss:g}, the validation loss {scores.loss:g}"
            raise InputError(f"epoch {epoch.epoch}: {losses}; try a lower learning_rate")
        self.history.append(epoch)
        if self.saved_epoch is epoch:
            self.saved_weights = copy.deepcopy(self.model.state_dict())
        return epoch

    @property
    def best_epoch(self) -> Epoch:
        """The epoch with the lowest validation loss, the earliest if several."""
        return min(self.history, key=lambda epoch: epoch.validation_loss)

    @property
    def saved_epoch(self) -> Epoch:
        """The epoch of `saved_weights`."""
        return self.best_epoch if self.save_weights == "best" else self.history[-1]

    def state_dict(self) -> dict[str, Any]:
        """Return everything that another process needs to continue as if there had been no interruption."""
        return {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "shuffle": self.shuffle.get_state(),
            "rng": torch.get_rng_state(),  # for dropout
            "rng_cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
            "history": [tuple(epoch) for epoch in self.history],
            "saved_weights": self.saved_weights,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue from what `state_dict` returned."""
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.shuffle.set_state(state["shuffle"])
        torch.set_rng_state(state["rng"])
        if state["rng_cuda"]:
            torch.cuda.set_rng_state_all(state["rng_cuda"])
        self.history = [Epoch(*epoch) for epoch in state["history"]]
        self.saved_weights = state["saved_weights"]


class Checkpoint:
    """The state of a training in a file, from which only the same training resumes.

    settings, files: what determines the result, together with the code: if anything differs, it is another training
    """

    def __init__(self, path: Path, settings: str, files: Iterable[Path]) -> None:
        code = (Path(__file__).with_name(f"{name}.py") for name in ("dataset", "model", "trainer"))
        digests = [hashlib.sha256(file.read_bytes()).hexdigest() for file in (*files, *code)]
        self.path, self.training = path, f"{settings} {torch.__version__} {' '.join(digests)}"
        self.due = 0.0  # when to save again, by time.monotonic()

    def load(self) -> dict[str, Any] | None:
        """Return the saved state, or None if there is none, it is damaged, or it belongs to another training."""
        if not self.path.exists():
            return None
        try:
            saved = torch.load(self.path, weights_only=True)
            state: dict[str, Any] | None = saved["state"] if saved["training"] == self.training else None
        except Exception:  # torch raises any of a dozen for a file that a power failure cut short
            return None
        return state

    def save(self, state: dict[str, Any]) -> None:
        """Replace the saved state, unless saving would take more than SAVING of the time."""
        start = time.monotonic()
        if start < self.due:
            return
        buffer = io.BytesIO()
        torch.save({"training": self.training, "state": state}, buffer)
        write_bytes(self.path, buffer.getvalue())
        end = time.monotonic()
        self.due = end + (end - start) * (1 / SAVING - 1)

    def remove(self) -> None:
        """Delete the file: the training is complete."""
        self.path.unlink(missing_ok=True)


def overfit_epoch(history: list[Epoch], margin: float = 0.05) -> int | None:
    """Return the overfitting onset: the first epoch from which validation loss stays `margin` nats above training loss.

    None if the difference is smaller in the last epoch.
    """
    onset = None
    for epoch in history:
        if epoch.validation_loss - epoch.train_loss <= margin:
            onset = None
        elif onset is None:
            onset = epoch.epoch
    return onset
