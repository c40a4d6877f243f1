"""Training: one epoch, the scores of a model, and a run that can be put down and taken up again."""

import copy
import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits
from torch.optim import Optimizer

from sarcasm.batching import Batch, Headlines
from sarcasm.errors import InputError

if TYPE_CHECKING:  # predict.py asks a saved model and needs no parameters
    from sarcasm.params import Train

EVALUATION_BATCH = 512  # headlines


class Scores(NamedTuple):
    """loss: mean binary cross-entropy, nats a headline; accuracy: 0 to 1."""

    loss: float
    accuracy: float


class Epoch(NamedTuple):
    """One row of a history. The training scores are measured while training, as in the book."""

    epoch: int
    train_loss: float
    train_accuracy: float
    validation_loss: float
    validation_accuracy: float


def make_optimizers(model: nn.Module, learning_rate: float) -> list[Optimizer]:
    """Return Adam for what is trainable, and a lazy Adam for the embedding if its gradients are sparse.

    The lazy one moves the rows of a batch, and ages their moments, and leaves all others as they are.
    """
    embeddings = [module for module in model.modules() if isinstance(module, nn.Embedding)]
    lazy = [module.weight for module in embeddings if module.sparse and module.weight.requires_grad]
    dense = [x for x in model.parameters() if x.requires_grad and all(x is not weight for weight in lazy)]
    optimizers: list[Optimizer] = [torch.optim.Adam(dense, lr=learning_rate, fused=True)]
    return [*optimizers, torch.optim.SparseAdam(lazy, lr=learning_rate)] if lazy else optimizers


def train_epoch(model: nn.Module, optimizers: Sequence[Optimizer], batches: Iterable[Batch]) -> Scores:
    """Take one step on each batch and return the scores measured on the way.

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
    steps = torch.stack(losses).cpu()  # the only wait for the device in an epoch
    if not steps.isfinite().all():
        step = int(steps.isfinite().logical_not().nonzero()[0]) + 1
        raise InputError(f"step {step}: the loss is {steps[step - 1]:g}; try a lower learning_rate")
    sizes = torch.tensor([len(labels) for labels in targets], dtype=torch.float64)
    total = int(sizes.sum())
    return Scores(float(steps.double() @ sizes) / total, int(_correct(torch.cat(outputs), torch.cat(targets))) / total)


@torch.no_grad()
def predict(model: nn.Module, headlines: Headlines, bucketed: bool) -> Tensor:
    """Return the logit of every headline in order, float32 (headlines,), on the CPU."""
    model.eval()
    logits = torch.empty(len(headlines), device=headlines.ids.device)
    for ids, _, indexes in headlines.batches(EVALUATION_BATCH, bucketed):
        logits[indexes] = model(ids)
    return logits.cpu()


def evaluate(model: nn.Module, headlines: Headlines, bucketed: bool) -> Scores:
    """Return mean loss and accuracy over all headlines, not over batches."""
    logits, labels = predict(model, headlines, bucketed), headlines.labels.cpu()
    loss = binary_cross_entropy_with_logits(logits.double(), labels.double())
    return Scores(float(loss), int(_correct(logits, labels)) / len(labels))


def _correct(logits: Tensor, labels: Tensor) -> Tensor:
    return ((logits > 0) == (labels > 0.5)).sum()


class Run:
    """A model in training, with all that decides how it goes on.

    Source: the book, chapter 7: Adam with its usual betas, binary cross-entropy, batches shuffled anew each epoch.
    """

    def __init__(self, model: nn.Module, learning_rate: float, settings: "Train") -> None:
        self.model, self.settings = model, settings
        self.bucketed = settings.batching == "bucketed"
        self.optimizers = make_optimizers(model, learning_rate)
        self.shuffle = torch.Generator().manual_seed(settings.seed)
        self.history: list[Epoch] = []
        self.kept_epoch = 0
        self.kept_weights: dict[str, Tensor] = {}

    def epoch(self, training: Headlines, validation: Headlines) -> Epoch:
        """Train one more epoch, score it, and keep its weights if it is the one to keep.

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
        if self.settings.keep == "last" or scores.loss < min(
            (e.validation_loss for e in self.history), default=math.inf
        ):
            self.kept_epoch, self.kept_weights = number, copy.deepcopy(self.model.state_dict())
        self.history.append(Epoch(number, *trained, *scores))
        return self.history[-1]

    def state(self) -> dict[str, Any]:
        """Return all that a later process needs to go on as if there had been no break."""
        device = next(self.model.parameters()).device
        return {
            "model": self.model.state_dict(),
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
            "shuffle": self.shuffle.get_state(),
            "dropout": torch.get_rng_state(),
            "dropout_cuda": torch.cuda.get_rng_state(device) if device.type == "cuda" else None,
            "history": [tuple(epoch) for epoch in self.history],
            "kept_epoch": self.kept_epoch,
            "kept_weights": self.kept_weights,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from what `state` returned."""
        self.model.load_state_dict(state["model"])
        for optimizer, its_state in zip(self.optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(its_state)
        self.shuffle.set_state(state["shuffle"])
        torch.set_rng_state(state["dropout"])
        if state["dropout_cuda"] is not None:
            torch.cuda.set_rng_state(state["dropout_cuda"])
        self.history = [Epoch(*epoch) for epoch in state["history"]]
        self.kept_epoch, self.kept_weights = state["kept_epoch"], state["kept_weights"]


def parting_epoch(history: list[Epoch], margin: float = 0.05) -> int | None:
    """Return the first epoch from which on the validation loss stays more than `margin` nats above the training loss.

    None if the curves are together at the end.
    """
    parted = None
    for epoch in history:
        if epoch.validation_loss - epoch.train_loss <= margin:
            parted = None
        elif parted is None:
            parted = epoch.epoch
    return parted
