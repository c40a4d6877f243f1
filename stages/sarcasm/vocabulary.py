"""Words to token ids: a vocabulary of the most frequent words, and the files of its words and counts."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from sarcasm.stage import write_text

import numpy as np

PAD, UNKNOWN = 0, 1
SPECIAL = ("<pad>", "<unk>")


def make_vocabulary(words: Sequence[str], size: int) -> dict[str, int]:
    """Return the ids of `<pad>`, `<unk>` and the first `size - 2` of the words, the most frequent first."""
    return number_words([*SPECIAL, *words[: size - len(SPECIAL)]])


def number_words(words: Iterable[str]) -> dict[str, int]:
    """Return the position of each word."""
    return {word: position for position, word in enumerate(words)}


def encode(headlines: Sequence[Sequence[str]], vocabulary: Mapping[str, int], max_length: int) -> np.ndarray:
    """Map the words of each headline to ids, cut and padded at the end, int32 (headlines, max_length)."""
    ids = np.full((len(headlines), max_length), PAD, np.int32)
    for row, words in zip(ids, headlines, strict=True):
        known = [vocabulary.get(word, UNKNOWN) for word in words[:max_length]]
        row[: len(known)] = known
    return ids


def write_words(path: Path, words: Iterable[str]) -> None:
    """Write one word per line; words contain no white space."""
    write_text(path, "".join(f"{word}\n" for word in words))


def read_words(path: Path) -> list[str]:
    """Read what `write_words` wrote."""
    return path.read_text(encoding="utf-8").split("\n")[:-1]


def write_counts(path: Path, counts: Mapping[str, int]) -> None:
    """Write each word and its count, one per line."""
    write_words(path, [f"{word}\t{count}" for word, count in counts.items()])


def read_counts(path: Path) -> dict[str, int]:
    """Read what `write_counts` wrote."""
    lines = (line.split("\t") for line in read_words(path))
    return {word: int(count) for word, count in lines}
