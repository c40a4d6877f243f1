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
    """Headlines on one device, without padding until a batch is made.

    ids: int32 (tokens,), headline after headline
    starts: int64 (headlines,), position of the first token of each headline
    lengths: int64 (headlines,), at least 1: a headline without tokens is one `<pad>`
    labels: float32 (headlines,)
    max_length: tokens of a padded headline
    """

    def __init__(self, encoded: Encoded, max_length: int) -> None:
        """Keep the headlines, which have been truncated to `max_length`."""
        empty = np.flatnonzero(encoded.lengths == 0)
        self.ids = torch.from_numpy(np.insert(encoded.ids, encoded.lengths.cumsum()[empty], PAD))
        self.lengths = torch.from_numpy(encoded.lengths).clamp(min=1)
        self.starts = self.lengths.cumsum(0) - self.lengths
        self.labels = torch.from_numpy(encoded.labels).float()
        self.max_length = max_length

    def __len__(self) -> int:
        """Return the number of headlines."""
        return len(self.labels)

    def to(self, device: torch.device) -> "HeadlineDataset":
        """Move all tensors to `device`."""
        for name in ("ids", "starts", "lengths", "labels"):
            setattr(self, name, getattr(self, name).to(device))
        return self

    def batches(self, size: int, bucketed: bool, shuffle: torch.Generator | None = None) -> Iterator[Batch]:
        """Yield every headline once, in batches of at most `size`.

        Bucketed: the headlines of a batch have the same length, so there is no padding; they are shuffled within each
        length, and so are the batches. Otherwise every batch is padded to the maximum length, as in the book.
        """
        order = torch.arange(len(self)) if shuffle is None else torch.randperm(len(self), generator=shuffle)
        if bucketed:
            order = order[torch.argsort(self.lengths.cpu()[order], stable=True)]
        order, spans = order.to(self.ids.device), self.spans(size, bucketed)
        batch_order = range(len(spans)) if shuffle is None else torch.randperm(len(spans), generator=shuffle).tolist()
        for number in batch_order:
            start, end, length = spans[number]
            indexes = order[start:end]
            yield Batch(self._padded(indexes, length), self.labels[indexes], indexes)

    def spans(self, size: int, bucketed: bool) -> list[tuple[int, int, int]]:
        """Divide the headlines, sorted by length if bucketed, into batches: start, end, tokens of each headline."""
        groups = [(self.max_length, len(self))]
        if bucketed:
            groups = list(zip(*(x.tolist() for x in torch.unique(self.lengths, return_counts=True)), strict=True))
        spans, start = [], 0
        for length, count in groups:
            end = start + count
            spans += [(first, min(first + size, end), length) for first in range(start, end, size)]
            start = end
        return spans

    def _padded(self, indexes: Tensor, length: int) -> Tensor:
        """Return the ids of headlines of at most `length` tokens, padded at the end to it, int32 (batch, length)."""
        time = torch.arange(length, device=indexes.device)
        positions = (self.starts[indexes, None] + time).clamp(max=len(self.ids) - 1)
        return self.ids[positions].where(time < self.lengths[indexes, None], PAD)
