"""Training: one epoch, the scores of a model, and a trainer that can be saved and resumed after any epoch."""

import copy
import inspect
import math
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR

from sarcasm.base.command import InputError
from sarcasm.network.dataset import Batch, HeadlineDataset
from sarcasm.network.processes import Processes

if TYPE_CHECKING:  # predict.py loads a saved model and needs no parameters
    from sarcasm.base.params import Recipe

EVALUATION_BATCH = 512  # headlines
ALONE = Processes()


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


def eager(optimizer: type[Optimizer]) -> Any:
    """Return an optimizer without its decorators for torch.compile, which import the compiler: 2 s of each training."""
    names = "add_param_group", "zero_grad", "state_dict", "load_state_dict"
    methods = {name: inspect.unwrap(getattr(optimizer, name)) for name in names}
    return type(optimizer.__name__, (optimizer,), methods | {"step": torch.no_grad()(inspect.unwrap(optimizer.step))})


def make_optimizers(
    model: nn.Module, learning_rate: float, rates: Mapping[str, float] | None = None
) -> list[Optimizer]:
    """Return Adam for the trainable parameters, and SparseAdam for an embedding with sparse gradients.

    `rates` has other learning rates by the name of a submodule. SparseAdam updates the rows of a batch and their
    moments, and no others.
    """
    rates = rates or {}
    sparse = {f"{name}.weight" for name, x in model.named_modules() if isinstance(x, nn.Embedding) and x.sparse}
    groups: dict[tuple[bool, float], list[nn.Parameter]] = {}
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            rate = rates.get(name.split(".")[0], learning_rate)
            groups.setdefault((name in sparse, rate), []).append(parameter)
    optimizers: list[Optimizer] = []
    if dense := [{"params": group, "lr": rate} for (is_sparse, rate), group in groups.items() if not is_sparse]:
        optimizers.append(eager(torch.optim.Adam)(dense, fused=True))
    if lazy := [{"params": group, "lr": rate} for (is_sparse, rate), group in groups.items() if is_sparse]:
        optimizers.append(eager(torch.optim.SparseAdam)(lazy))
    return optimizers


def linear_schedule(step: int, steps: int, warm_up: float) -> float:
    """Return the factor of the learning rate: up to 1 over the fraction `warm_up` of all steps, then down to 0."""
    rising = warm_up * steps
    return min((step + 1) / (rising + 1), (steps - step) / (steps - rising))


def regularized_loss(model: nn.Module, ids: Tensor, labels: Tensor, r_drop: float) -> tuple[Tensor, Tensor, Tensor]:
    """Return cross-entropy, its sum with `r_drop` times the divergence of two passes, and logits (batch,).

    Source: Liang et al. 2021, R-Drop: every headline twice, with other dropout; the divergence is the symmetric one.
    """
    if not r_drop:
        logits = model(ids)
        loss = binary_cross_entropy_with_logits(logits, labels)
        return loss, loss, logits
    logits = model(ids.repeat(2, 1))  # one batch, as two calls take longer
    loss = binary_cross_entropy_with_logits(logits, labels.repeat(2))
    first, second = logits.chunk(2)
    divergence = ((first.sigmoid() - second.sigmoid()) * (first - second)).mean()
    return loss, loss + r_drop * divergence, first


def train_epoch(
    model: nn.Module,
    optimizers: Sequence[Optimizer],
    batches: Iterable[Batch],
    schedulers: Sequence[LambdaLR] = (),
    r_drop: float = 0,
    processes: Processes = ALONE,
) -> Scores:
    """Take one optimization step per batch, of which each process has its rows; return the scores measured meanwhile.

    Raises InputError, naming the step, if a loss is not finite.
    """
    model.train()
    sizes, losses, correct = [], [], []
    for batch in batches:
        ids, labels, rows = processes.share(batch)
        size = len(batch.labels)
        loss, objective, logits = regularized_loss(model, ids, labels, r_drop)
        for optimizer in optimizers:
            optimizer.zero_grad()
        (objective * (rows / size)).backward()  # type: ignore[no-untyped-call]
        processes.sum_gradients(model, batch.ids)
        for optimizer in optimizers:
            optimizer.step()
        for scheduler in schedulers:
            scheduler.step()
        sizes.append(size)
        losses.append(loss.detach() * (rows / size))
        correct.append(_correct(logits[:rows], labels[:rows]))
    steps = processes.sum(torch.stack(losses)).cpu()  # the only synchronization with the device in an epoch
    if not steps.isfinite().all():
        step = int(steps.isfinite().logical_not().nonzero()[0]) + 1
        raise InputError(f"step {step}: the loss is {steps[step - 1]:g}; try a lower learning_rate")
    total = float(steps.double() @ torch.tensor(sizes).double())
    return Scores(total / sum(sizes), int(processes.sum(torch.stack(correct).sum())) / sum(sizes))


@torch.no_grad()
def predict(model: nn.Module, headlines: HeadlineDataset, bucketed: bool, processes: Processes = ALONE) -> Tensor:
    """Return the logit of every headline in order, float32 (headlines,), on the CPU.

    Each process computes every `processes.count`-th batch.
    """
    model.eval()
    logits = torch.zeros(len(headlines), device=headlines.ids.device)
    batches = headlines.batches(EVALUATION_BATCH, bucketed)
    for ids, _, indexes in islice(batches, processes.rank, None, processes.count):
        logits[indexes] = model(ids)
    return processes.sum(logits).cpu()


def evaluate(model: nn.Module, headlines: HeadlineDataset, bucketed: bool, processes: Processes = ALONE) -> Scores:
    """Return mean loss and accuracy over all headlines, not over batches."""
    logits, labels = predict(model, headlines, bucketed, processes), headlines.labels.cpu()
    loss = binary_cross_entropy_with_logits(logits.double(), labels.double())
    return Scores(float(loss), int(_correct(logits, labels)) / len(labels))


def _correct(logits: Tensor, labels: Tensor) -> Tensor:
    return ((logits > 0) == (labels > 0.5)).sum()


class Trainer:
    """A model in training, with everything that determines the next epoch.

    Source: the book, chapter 7: Adam with its default betas, binary cross-entropy, batches shuffled every epoch.
    """

    def __init__(self, model: nn.Module, recipe: "Recipe", seed: int, processes: Processes = ALONE) -> None:
        self.model, self.recipe, self.seed, self.processes = model, recipe, seed, processes
        self.bucketed = recipe.batching == "bucketed"
        self.optimizers = make_optimizers(model, recipe.learning_rate, recipe.learning_rates)
        self.shuffle = torch.Generator().manual_seed(seed)
        self.history: list[Epoch] = []
        self.saved_weights: dict[str, Tensor] = {}  # of the best or the last epoch, by `recipe.checkpoint`

    def run_epoch(self, training: HeadlineDataset, validation: HeadlineDataset) -> Epoch:
        """Train and score one more epoch; copy its weights if they are the ones to save.

        Raises InputError, naming epoch and step, if a loss is not finite.
        """
        number = len(self.history) + 1
        self.processes.seed(self.seed, number)
        try:
            batches = training.batches(self.recipe.batch_size, self.bucketed, self.shuffle)
            schedulers = self._schedulers(number, len(training.spans(self.recipe.batch_size, self.bucketed)))
            trained = train_epoch(self.model, self.optimizers, batches, schedulers, self.recipe.r_drop, self.processes)
        except InputError as error:
            raise InputError(f"epoch {number}, {error}") from error
        scores = evaluate(self.model, validation, self.bucketed, self.processes)
        if not math.isfinite(scores.loss):
            raise InputError(f"epoch {number}, validation: the loss is {scores.loss:g}; try a lower learning_rate")
        self.history.append(Epoch(number, *trained, *scores))
        if self.saved_epoch.epoch == number:
            self.saved_weights = copy.deepcopy(self.model.state_dict())
        return self.history[-1]

    def _schedulers(self, epoch: int, batches: int) -> list[LambdaLR]:
        """Return schedulers that begin at an epoch, so that there is nothing of them to save."""
        if self.recipe.warm_up is None:
            return []
        factor = partial(linear_schedule, steps=self.recipe.epochs * batches, warm_up=self.recipe.warm_up)
        return [LambdaLR(optimizer, factor, (epoch - 1) * batches - 1) for optimizer in self.optimizers]

    @property
    def best_epoch(self) -> Epoch:
        """The epoch with the lowest validation loss, the first of equals."""
        return min(self.history, key=lambda epoch: epoch.validation_loss)

    @property
    def saved_epoch(self) -> Epoch:
        """The epoch of `saved_weights`."""
        return self.best_epoch if self.recipe.checkpoint == "best" else self.history[-1]

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
