"""Headlines as tensors, and batches of them: each of one exact length, or all padded as in the book."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from sarcasm.text import PAD


class Batch(NamedTuple):
    """ids: int32 (batch, time); labels: float32 (batch,); indexes: int64 (batch,), places in the whole set."""

    ids: Tensor
    labels: Tensor
    indexes: Tensor


class Headlines:
    """A set of headlines on one device.

    ids: int32 (headlines, max_length), padded behind
    lengths: int64 (headlines,), at least 1: a headline without a word is one `<pad>`
    labels: float32 (headlines,)
    """

    def __init__(self, ids: np.ndarray, lengths: np.ndarray, labels: np.ndarray, max_length: int) -> None:
        """Pad the ids, int32 (tokens,), of headlines of `lengths`, int64 (headlines,)."""
        inside = np.arange(max_length) < lengths[:, None]
        padded = np.full(inside.shape, PAD, dtype=np.int32)
        padded[inside] = ids
        self.ids = torch.from_numpy(padded)
        self.lengths = torch.from_numpy(lengths).clamp(min=1)
        self.labels = torch.from_numpy(labels).float()

    def __len__(self) -> int:
        """Return the number of headlines."""
        return len(self.labels)

    def to(self, device: torch.device) -> "Headlines":
        """Move all tensors to `device`."""
        self.ids, self.lengths, self.labels = (x.to(device) for x in (self.ids, self.lengths, self.labels))
        return self

    def batches(self, size: int, bucketed: bool, shuffle: torch.Generator | None = None) -> Iterator[Batch]:
        """Yield all headlines once, in batches of at most `size`.

        Bucketed: each batch holds headlines of one length and nothing is padded; shuffled within the lengths and
        among the batches. Otherwise every batch is padded to the maximum length, as in the book.
        """
        order = torch.arange(len(self)) if shuffle is None else torch.randperm(len(self), generator=shuffle)
        if bucketed:
            lengths = self.lengths.cpu()
            order = order[torch.argsort(lengths[order], stable=True)]
            spans = _spans(lengths, size)
        else:
            spans = [(start, min(start + size, len(self)), self.ids.shape[1]) for start in range(0, len(self), size)]
        indexes = order.to(self.ids.device)
        ids, labels = self.ids[indexes], self.labels[indexes]  # one gather an epoch; batches are views of it
        turns = range(len(spans)) if shuffle is None else torch.randperm(len(spans), generator=shuffle).tolist()
        for turn in turns:
            start, end, length = spans[turn]
            yield Batch(ids[start:end, :length], labels[start:end], indexes[start:end])


def _spans(lengths: Tensor, size: int) -> list[tuple[int, int, int]]:
    """Cut headlines sorted by length into runs of one length and at most `size`: start, end, length."""
    spans, start = [], 0
    values, counts = torch.unique(lengths, return_counts=True)
    for length, count in zip(values.tolist(), counts.tolist(), strict=True):
        end = start + count
        spans += [(first, min(first + size, end), length) for first in range(start, end, size)]
        start = end
    return spans
