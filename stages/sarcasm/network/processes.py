"""What the processes of one training do together. A training by one process is the same code with nothing to sum."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, distributed, nn

from sarcasm.base.command import InputError
from sarcasm.network.dataset import Batch

LOST = "another process of this training has ended or does not answer"


@dataclass(frozen=True)
class Processes:
    """The processes of a training, each with its rows of every batch, as seen by the one of number `rank`."""

    rank: int = 0
    count: int = 1

    def share(self, batch: Batch) -> tuple[Tensor, Tensor, int]:
        """Return ids and labels of this process's rows of a batch, and how many rows count.

        All processes take every step. One without rows runs a row that does not count.
        """
        size = len(batch.labels)
        start, end = (place * size // self.count for place in (self.rank, self.rank + 1))
        rows = slice(start, max(end, start + 1))
        return batch.ids[rows], batch.labels[rows], end - start

    def sum(self, x: Tensor) -> Tensor:
        """Return the sum of a tensor over the processes, in place, with the same bytes in each."""
        if self.count > 1:
            _run(distributed.all_reduce, x)
        return x

    def sum_gradients(self, model: nn.Module, ids: Tensor) -> None:
        """Replace each gradient by its sum over the processes; `ids` are those of the whole batch.

        torch's DistributedDataParallel adds up in another order after its first step, so that three processes that
        resume from a checkpoint would end with other bytes. One tensor is summed in the same order in every step.
        """
        if self.count == 1:
            return
        weights = [(weight, weight.grad) for weight in model.parameters() if weight.grad is not None]
        rows = torch.unique(ids).long()  # of an embedding with sparse gradients; each process has some of them
        parts = [_values(gradient, rows) for _, gradient in weights]
        sums = self.sum(torch.cat([part.flatten() for part in parts]))
        sizes = [part.numel() for part in parts]
        for (weight, gradient), part, total in zip(weights, parts, torch.split(sums, sizes), strict=True):
            values = total.view_as(part)
            if gradient.is_sparse:
                values = torch.sparse_coo_tensor(
                    rows[None], values, weight.shape, check_invariants=False, is_coalesced=True
                )
            weight.grad = values

    def seed(self, seed: int, epoch: int) -> None:
        """Start the random numbers of an epoch, for dropout; one process goes on with those of the epoch before."""
        if self.count > 1:
            sequence = np.random.SeedSequence((seed, epoch, self.rank))
            torch.manual_seed(int(sequence.generate_state(1, np.uint64)[0]))

    def from_first(self, function: Callable[[], Any]) -> Any:
        """Call a function in the first process only; return its result in each."""
        result = [function() if self.rank == 0 else None]
        if self.count > 1:
            _run(distributed.broadcast_object_list, result)
        return result[0]

    def check_equal(self, fingerprint: str) -> None:
        """Raise InputError in a process with another fingerprint than the first one."""
        if self.from_first(lambda: fingerprint) != fingerprint:
            raise InputError(
                f"process {self.rank} has other parameters, data, code or torch than process 0; "
                "expected the same on every machine"
            )


def _values(gradient: Tensor, rows: Tensor) -> Tensor:
    """Return a gradient as a dense tensor: of a sparse one its `rows`, which are sorted."""
    if not gradient.is_sparse:
        return gradient
    gradient = gradient.coalesce()
    values = gradient.values()
    dense = values.new_zeros(len(rows), values.shape[1])
    dense[torch.searchsorted(rows, gradient.indices()[0])] = values
    return dense


def _run(collective: Callable[..., Any], *arguments: Any) -> None:
    """Call a function of torch.distributed. Raises ConnectionError if another process is gone."""
    try:
        collective(*arguments)
    except RuntimeError as error:
        raise ConnectionError(LOST) from error
