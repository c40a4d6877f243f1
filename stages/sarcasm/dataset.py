"""Headlines as tensors, and batches of them: of one length each, or padded as in the book."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from sarcasm.vocabulary import PAD

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset


class Batch(NamedTuple):
    """ids: int32 (batch, time); labels: float32 (batch,); indexes: int64 (batch,), positions in the dataset."""

    ids: Tensor
    labels: Tensor
    indexes: Tensor


class HeadlineDataset(Dataset[tuple[Tensor, Tensor]]):
    """Headlines and their labels.

    ids: int32 (headlines, max_length), padded at the end; labels: 0 or 1 (headlines,)
    """

    def __init__(self, ids: np.ndarray, labels: np.ndarray) -> None:
        self.ids = torch.from_numpy(ids)
        self.labels = torch.from_numpy(labels).float()
        self.lengths = (self.ids != PAD).sum(dim=1).clamp(min=1)  # a headline without words is one `<pad>`

    def __len__(self) -> int:
        """Return the number of headlines."""
        return len(self.labels)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        """Return ids, int32 (max_length,), and label, float32, of one headline."""
        return self.ids[index], self.labels[index]

    def batches(self, size: int, bucketed: bool, shuffle: torch.Generator | None = None) -> Iterator[Batch]:
        """Yield every headline once, in batches of at most `size`; `shuffle` gives a random order.

        Bucketed: the headlines of a batch have the same length, so there is no padding. With lengths 3, 2, 3, 2 and
        `size` 2, the batches have the headlines 1 and 3, and 0 and 2. Otherwise each is padded to `max_length`, as in
        the book.
        """
        order = torch.arange(len(self)) if shuffle is None else torch.randperm(len(self), generator=shuffle)
        groups = [order]
        if bucketed:
            order = order[torch.argsort(self.lengths[order], stable=True)]
            _, counts = torch.unique(self.lengths, return_counts=True)
            groups = list(torch.split(order, counts.tolist()))
        batches = [batch for group in groups for batch in torch.split(group, size)]
        if shuffle is not None:
            batches = [batches[number] for number in torch.randperm(len(batches), generator=shuffle).tolist()]
        for indexes in batches:
            length = int(self.lengths[indexes[0]]) if bucketed else self.ids.shape[1]
            yield Batch(self.ids[indexes, :length], self.labels[indexes], indexes)


def read_split(path: Path, split: str) -> HeadlineDataset:
    """Read one split of the file that tokenize_corpus.py wrote."""
    with np.load(path) as arrays:
        return HeadlineDataset(arrays[f"{split}_ids"], arrays[f"{split}_labels"])
