"""Word vectors in GloVe's text format: reading, coverage of a vocabulary, initialization of an embedding."""

import gzip
import zlib
from codecs import BOM_UTF8
from collections.abc import Sequence
from pathlib import Path

from sarcasm.stage import InputError
from sarcasm.vocabulary import PAD, SPECIAL, number_words

import numpy as np


def read_vectors(path: Path, words: Sequence[str], dimension: int) -> tuple[np.ndarray, np.ndarray]:
    """Read the vectors of `words` from a gzipped GloVe file.

    Returns the vectors, float32 (words, dimension), zero where there is none, and whether there is one, bool
    (words,). For a duplicate word the first line counts. Raises InputError, naming file and line, if a line is not a
    word and `dimension` numbers, or a number of one of `words` is not finite.
    """
    rows = {word.encode(): row for word, row in number_words(words).items()}
    vectors, found = np.zeros((len(words), dimension), np.float32), np.zeros(len(words), bool)
    number = 0
    try:
        with gzip.open(path) as file:
            for number, line in enumerate(file, start=1):
                text = line.removeprefix(BOM_UTF8) if number == 1 else line
                word, *rest = text.removesuffix(b"\n").removesuffix(b"\r").split(b" ", 1)
                where = f"{path}, line {number}"
                if text.count(b" ") != dimension:
                    _check_word_with_blanks(text, dimension, where)
                elif (row := rows.get(word)) is not None and not found[row]:
                    vectors[row], found[row] = _numbers(rest[0].split(b" "), where), True
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise InputError(f"{path}: broken gzip file: {error}") from error
    if not number:
        raise InputError(f"{path}: empty, expected a word and {dimension} numbers per line")
    return vectors, found


@np.errstate(over="ignore")  # a number that is too large becomes infinity
def _numbers(values: list[bytes], where: str) -> np.ndarray:
    try:
        vector = np.array(values, np.float32)
    except ValueError as error:
        raise InputError(f"{where}: not all numbers: {error}") from error
    if not np.isfinite(vector).all():
        raise InputError(f"{where}: a number is not finite")
    return vector


def _check_word_with_blanks(line: bytes, dimension: int, where: str) -> None:
    """Accept a word that contains blanks, as some in GloVe 840B do. Raises InputError for any other line."""
    parts = line.split()
    *word, last = parts[:-dimension] or [b""]
    try:
        float(last)
        valid = False  # one number too many
    except ValueError:
        valid = bool(word)
    if not valid:
        numbers = line.count(b" ")
        raise InputError(f"{where}: expected a word and {dimension} numbers between single blanks, found {numbers}")
    _numbers(parts[-dimension:], where)


def coverage(found: np.ndarray, counts: np.ndarray, words: int) -> dict[str, float]:
    """Return how many of the `words` most frequent words have a vector, as a fraction of types and of tokens."""
    found, counts = found[:words], counts[:words]
    return {
        "types": len(found),
        "found": int(found.sum()),
        "type_coverage": round(float(found.mean()), 4),
        "token_coverage": round(float(counts[found].sum() / counts.sum()), 4),
    }


def initialize_embedding(vectors: np.ndarray, found: np.ndarray, seed: int) -> np.ndarray:
    """Return the initial weights of an embedding, float32 (special + words, dimension).

    Source: the book, chapter 7: `<unk>` and words without a vector are uniform in ±0.25, `<pad>` is zero.
    """
    shape = len(SPECIAL) + len(vectors), vectors.shape[1]
    weights = np.random.default_rng(seed).uniform(-0.25, 0.25, shape).astype(np.float32)
    weights[PAD] = 0
    weights[len(SPECIAL) :][found] = vectors[found]
    return weights
