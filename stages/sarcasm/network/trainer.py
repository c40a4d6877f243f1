"""Training: one epoch, the scores of a model, and a trainer that can be saved and resumed after any epoch."""

import copy
import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits
from torch.optim import Optimizer

from sarcasm.base.command import InputError
from sarcasm.network.dataset import Batch, HeadlineDataset

if TYPE_CHECKING:  # predict.py loads a saved model and needs no parameters
    from sarcasm.base.params import Train

EVALUATION_BATCH = 512  # headlines


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


def make_optimizers(model: nn.Module, learning_rate: float) -> list[Optimizer]:
    """Return Adam for the trainable parameters, and SparseAdam for an embedding with sparse gradients.

    SparseAdam updates the rows of a batch and their moments, and no others.
    """
    embeddings = [module for module in model.modules() if isinstance(module, nn.Embedding)]
    sparse = [module.weight for module in embeddings if module.sparse and module.weight.requires_grad]
    dense = [x for x in model.parameters() if x.requires_grad and all(x is not weight for weight in sparse)]
    optimizers: list[Optimizer] = [torch.optim.Adam(dense, lr=learning_rate, fused=True)]
    return [*optimizers, torch.optim.SparseAdam(sparse, lr=learning_rate)] if sparse else optimizers


def train_epoch(model: nn.Module, optimizers: Sequence[Optimizer], batches: Iterable[Batch]) -> Scores:
    """Take one optimization step per batch; return the scores measured meanwhile.

    Raises InputError, naming the step, if a loss is not finite.
    """
    model.train()
    losses, outputs, targets = [], [], []
    for ids, labels, _ in batches:
        logits = model(ids)
        loss = binary_cross_entropy_with_logits(logits, labels)
        for optimizer in optimizers:
            optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        for optimizer in optimizers:
            optimizer.step()
        losses.append(loss.detach())
        outputs.append(logits.detach())
        targets.append(labels)
    steps = torch.stack(losses).cpu()  # the only synchronization with the device in an epoch
    if not steps.isfinite().all():
        step = int(steps.isfinite().logical_not().nonzero()[0]) + 1
        raise InputError(f"step {step}: the loss is {steps[step - 1]:g}; try a lower learning_rate")
    sizes = torch.tensor([len(labels) for labels in targets], dtype=torch.float64)
    total = int(sizes.sum())
    return Scores(float(steps.double() @ sizes) / total, int(_correct(torch.cat(outputs), torch.cat(targets))) / total)


@torch.no_grad()
def predict(model: nn.Module, headlines: HeadlineDataset, bucketed: bool) -> Tensor:
    """Return the logit of every headline in order, float32 (headlines,), on the CPU."""
    model.eval()
    logits = torch.empty(len(headlines), device=headlines.ids.device)
    for ids, _, indexes in headlines.batches(EVALUATION_BATCH, bucketed):
        logits[indexes] = model(ids)
    return logits.cpu()


def evaluate(model: nn.Module, headlines: HeadlineDataset, bucketed: bool) -> Scores:
    """Return mean loss and accuracy over all headlines, not over batches."""
    logits, labels = predict(model, headlines, bucketed), headlines.labels.cpu()
    loss = binary_cross_entropy_with_logits(logits.double(), labels.double())
    return Scores(float(loss), int(_correct(logits, labels)) / len(labels))


def _correct(logits: Tensor, labels: Tensor) -> Tensor:
    return ((logits > 0) == (labels > 0.5)).sum()


class Trainer:
    """A model in training, with everything that determines the next epoch.

    Source: the book, chapter 7: Adam with its default betas, binary cross-entropy, batches shuffled every epoch.
    """

    def __init__(self, model: nn.Module, learning_rate: float, settings: "Train") -> None:
        self.model, self.settings = model, settings
        self.bucketed = settings.batching == "bucketed"
        self.optimizers = make_optimizers(model, learning_rate)
        self.shuffle = torch.Generator().manual_seed(settings.seed)
        self.history: list[Epoch] = []
        self.saved_weights: dict[str, Tensor] = {}  # of the best or the last epoch, by `settings.checkpoint`

    def run_epoch(self, training: HeadlineDataset, validation: HeadlineDataset) -> Epoch:
        """Train and score one more epoch; copy its weights if they are the ones to save.

        Raises InputError, naming epoch and step, if a loss is not finite.
        """
        number = len(self.history) + 1
        try:
            batches = training.batches(self.settings.batch_size, self.bucketed, self.shuffle)
            trained = train_epoch(self.model, self.optimizers, batches)
        except InputError as error:
            raise InputError(f"epoch {number}, {error}") from error
        scores = evaluate(self.model, validation, self.bucketed)
        if not math.isfinite(scores.loss):
            raise InputError(f"epoch {number}, validation: the loss is {scores.loss:g}; try a lower learning_rate")
        self.history.append(Epoch(number, *trained, *scores))
        if self.saved_epoch.epoch == number:
            self.saved_weights = copy.deepcopy(self.model.state_dict())
        return self.history[-1]

    @property
    def best_epoch(self) -> Epoch:
        """The epoch with the lowest validation loss, the first of equals."""
        return min(self.history, key=lambda epoch: epoch.validation_loss)

    @property
    def saved_epoch(self) -> Epoch:
        """The epoch of `saved_weights`."""
        return self.best_epoch if self.settings.checkpoint == "best" else self.history[-1]

    def state_dict(self) -> dict[str, Any]:
        """Return everything that another process needs to continue as if there had been no interruption."""
        device = next(self.model.parameters()).device
        return {
            "model": self.model.state_dict(),
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
            "shuffle": self.shuffle.get_state(),
            "rng": torch.get_rng_state(),  # for dropout
            "rng_cuda": torch.cuda.get_rng_state(device) if device.type == "cuda" else None,
            "history": [tuple(epoch) for epoch in self.history],
            "saved_weights": self.saved_weights,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue from what `state_dict` returned."""
        self.model.load_state_dict(state["model"])
        for optimizer, optimizer_state in zip(self.optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(optimizer_state)
        self.shuffle.set_state(state["shuffle"])
        torch.set_rng_state(state["rng"])
        if state["rng_cuda"] is not None:
            torch.cuda.set_rng_state(state["rng_cuda"])
        self.history = [Epoch(*epoch) for epoch in state["history"]]
        self.saved_weights = state["saved_weights"]


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
