"""The files of one vocabulary: ids by split, the word of each id, the count of every word."""

import io
from pathlib import Path

import numpy as np

from sarcasm.files import write_bytes, write_text

SPLITS = "train", "validation", "test"


def write_ids(path: Path, ids: np.ndarray, lengths: np.ndarray, labels: np.ndarray, sizes: list[int]) -> None:
    """Write ids, int32 (tokens,), lengths, int64 (headlines,), and labels, int8 (headlines,), cut into the splits.

    `sizes` are the headlines of each split, in the order of SPLITS.
    """
    ends = np.cumsum(sizes)[:-1]
    token_ends = np.concatenate([[0], lengths.cumsum()])[ends]
    parts = {"ids": np.split(ids, token_ends), "lengths": np.split(lengths, ends), "labels": np.split(labels, ends)}
    arrays = {f"{split}_{part}": parts[part][place] for place, split in enumerate(SPLITS) for part in parts}
    buffer = io.BytesIO()  # numpy makes poor errors of a full disk
    np.savez_compressed(buffer, **arrays)  # type: ignore[arg-type]
    write_bytes(path, buffer.getvalue())


def read_ids(path: Path, split: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Read the ids, lengths and labels of one split of what `write_ids` wrote."""
    with np.load(path) as arrays:
        return arrays[f"{split}_ids"], arrays[f"{split}_lengths"], arrays[f"{split}_labels"]


def write_words(path: Path, words: list[str]) -> None:
    """Write a word a line; none has white space in it."""
    write_text(path, "".join(f"{word}\n" for word in words))


def read_words(path: Path) -> list[str]:
    """Read what `write_words` wrote."""
    return path.read_text(encoding="utf-8").split("\n")[:-1]


def write_counts(path: Path, words: list[str], counts: np.ndarray) -> None:
    """Write each word and its count, int64 (words,), a line each."""
    write_words(path, [f"{word}\t{count}" for word, count in zip(words, counts, strict=True)])


def read_counts(path: Path) -> tuple[list[str], np.ndarray]:
    """Read what `write_counts` wrote."""
    words, counts = zip(*(line.split("\t") for line in read_words(path)), strict=True)
    return list(words), np.array(counts, dtype=np.int64)
