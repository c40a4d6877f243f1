"""Headlines as tensors, and batches of them: of one length each, or padded as in the book."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from sarcasm.text.encoded import Encoded
from sarcasm.text.vocabulary import PAD


class Batch(NamedTuple):
    """ids: int32 (batch, time); labels: float32 (batch,); indexes: int64 (batch,), positions in the dataset."""

    ids: Tensor
    labels: Tensor
    indexes: Tensor


class HeadlineDataset:
    """Headlines on one device.

    ids: int32 (headlines, max_length), padded at the end
    lengths: int64 (headlines,), at least 1: a headline without tokens is one `<pad>`
    labels: float32 (headlines,)
    """

    def __init__(self, encoded: Encoded, max_length: int) -> None:
        """Pad the headlines, which have been truncated to `max_length`."""
        inside = np.arange(max_length) < encoded.lengths[:, None]
        padded = np.full(inside.shape, PAD, dtype=np.int32)
        padded[inside] = encoded.ids
        self.ids = torch.from_numpy(padded)
        self.lengths = torch.from_numpy(encoded.lengths).clamp(min=1)
        self.labels = torch.from_numpy(encoded.labels).float()

    def __len__(self) -> int:
        """Return the number of headlines."""
        return len(self.labels)

    def to(self, device: torch.device) -> "HeadlineDataset":
        """Move all tensors to `device`."""
        self.ids, self.lengths, self.labels = (x.to(device) for x in (self.ids, self.lengths, self.labels))
        return self

    def batches(self, size: int, bucketed: bool, shuffle: torch.Generator | None = None) -> Iterator[Batch]:
        """Yield every headline once, in batches of at most `size`.

        Bucketed: the headlines of a batch have the same length, so there is no padding; they are shuffled within each
        length, and so are the batches. Otherwise every batch is padded to the maximum length, as in the book.
        """
        order = torch.arange(len(self)) if shuffle is None else torch.randperm(len(self), generator=shuffle)
        if bucketed:
            lengths = self.lengths.cpu()
            order = order[torch.argsort(lengths[order], stable=True)]
            spans = _spans(lengths, size)
        else:
            spans = [(start, min(start + size, len(self)), self.ids.shape[1]) for start in range(0, len(self), size)]
        indexes = order.to(self.ids.device)
        ids, labels = self.ids[indexes], self.labels[indexes]  # one gather per epoch; batches are views
        batch_order = range(len(spans)) if shuffle is None else torch.randperm(len(spans), generator=shuffle).tolist()
        for number in batch_order:
            start, end, length = spans[number]
            yield Batch(ids[start:end, :length], labels[start:end], indexes[start:end])


def _spans(lengths: Tensor, size: int) -> list[tuple[int, int, int]]:
    """Divide headlines sorted by length into batches of one length and at most `size`: start, end, length."""
    spans, start = [], 0
    values, counts = torch.unique(lengths, return_counts=True)
    for length, count in zip(values.tolist(), counts.tolist(), strict=True):
        end = start + count
        spans += [(first, min(first + size, end), length) for first in range(start, end, size)]
        start = end
    return spans
