"""The files of one vocabulary: token ids of each split, the word of each id, the count of every word."""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from sarcasm.base.files import atomic_write, write_text

SPLITS = "train", "validation", "test"


class Encoded(NamedTuple):
    """Headlines as token ids, without padding.

    ids: int32 (tokens,), headline after headline
    lengths: int64 (headlines,), tokens of each headline
    labels: int8 (headlines,), 0 or 1
    """

    ids: np.ndarray
    lengths: np.ndarray
    labels: np.ndarray

    def split(self, sizes: list[int]) -> list["Encoded"]:
        """Return consecutive parts of `sizes` headlines each."""
        ends = np.cumsum(sizes)[:-1]
        token_ends = np.concatenate([[0], self.lengths.cumsum()])[ends]
        parts = np.split(self.ids, token_ends), np.split(self.lengths, ends), np.split(self.labels, ends)
        return [Encoded(*arrays) for arrays in zip(*parts, strict=True)]


def write_ids(path: Path, encoded: Encoded, sizes: list[int]) -> None:
    """Write the headlines as splits of `sizes`, in the order of SPLITS."""
    arrays = {
        f"{name}_{field}": array
        for name, split in zip(SPLITS, encoded.split(sizes), strict=True)
        for field, array in split._asdict().items()
    }
    with atomic_write(path) as temporary, temporary.open("wb") as file:
        np.savez(file, **arrays)


def read_ids(path: Path, split: str) -> Encoded:
    """Read one split of what `write_ids` wrote."""
    with np.load(path) as arrays:
        return Encoded(*(arrays[f"{split}_{field}"] for field in Encoded._fields))


def write_words(path: Path, words: Iterable[str]) -> None:
    """Write one word per line; words contain no white space."""
    write_text(path, "".join(f"{word}\n" for word in words))


def read_words(path: Path) -> list[str]:
    """Read what `write_words` wrote."""
    return path.read_text(encoding="utf-8").split("\n")[:-1]


def write_counts(path: Path, words: list[str], counts: np.ndarray) -> None:
    """Write each word and its count, int64 (words,), one per line."""
    write_words(path, [f"{word}\t{count}" for word, count in zip(words, counts, strict=True)])


def read_counts(path: Path) -> tuple[list[str], np.ndarray]:
    """Read what `write_counts` wrote."""
    words, counts = zip(*(line.split("\t") for line in read_words(path)), strict=True)
    return list(words), np.array(counts, dtype=np.int64)
