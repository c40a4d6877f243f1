"""Word vectors as text of GloVe, word2vec or fastText: reading, coverage, initialization of an embedding."""

import gzip
import re
from codecs import BOM_UTF8
from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path
from typing import IO

from sarcasm.stage import InputError, open_file, read_lines
from sarcasm.vocabulary import PAD, SPECIAL, number_words

import numpy as np

HEADER = re.compile(rb"\d+ (\d{1,9})")  # of word2vec and fastText: how many words, and their dimension
NUMBER = re.compile(rb"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")
LINE = 1 << 20  # bytes of a line at most


def read_vectors(path: Path, words: Sequence[str], dimension: int) -> tuple[np.ndarray, np.ndarray]:
    """Read the vectors of `words` from a gzipped file.

    Returns the vectors, float32 (words, dimension), zero where there is none, and whether there is one, bool
    (words,). For a duplicate word the first line counts. Raises InputError, naming file and line, if a line is not a
    word and `dimension` numbers, or a number of one of `words` is not finite.
    """
    rows = {word.encode(): row for word, row in number_words(words).items()}
    vectors, found = np.zeros((len(words), dimension), np.float32), np.zeros(len(words), bool)
    number = 0
    with open_file(path, packed=True) as file:
        for number, line in _lines(file, str(path), dimension):
            word, *rest = line.split(b" ", 1)
            if line.count(b" ") != dimension or not word:
                _check(line, dimension, f"{path}, line {number}")
            elif (row := rows.get(word)) is not None and not found[row]:
                vectors[row], found[row] = _numbers(rest[0].split(b" "), f"{path}, line {number}"), True
    if not number:
        raise InputError(f"{path}: empty, expected a word and {dimension} numbers per line")
    return vectors, found


def check_start(start: bytes, where: str, dimension: int) -> None:
    """Raise InputError unless the first complete line in the first bytes of a file is a word and its vector."""
    complete = start[: start.rfind(b"\n") + 1] or start
    for number, line in _lines(BytesIO(complete), where, dimension):
        return _check(line, dimension, f"{where}, line {number}")


def _lines(file: IO[bytes] | gzip.GzipFile, where: str, dimension: int) -> Iterator[tuple[int, bytes]]:
    """Yield the lines with their numbers from 1, but no header, and without the blank and the break at their end."""
    first = True  # a byte order mark may also follow a header
    for number, line in read_lines(file, where, LINE):
        line = line.rstrip(b"\r\n").removesuffix(b" ")
        if first:
            line = line.removeprefix(BOM_UTF8)
        if number == 1 and dimension > 1 and (header := HEADER.fullmatch(line)):
            if (found := int(header[1])) != dimension:
                raise InputError(f"{where}, line 1: vectors of {found} numbers, but vectors.dimension is {dimension}")
            continue
        first = False
        if line:
            yield number, line
        elif file.read(1):  # it may be the last one
            raise InputError(f"{where}, line {number}: blank, expected a word and {dimension} numbers")


@np.errstate(over="ignore")  # a number that is too large becomes infinity
def _numbers(values: list[bytes], where: str) -> np.ndarray:
    try:
        vector = np.array(values, np.float32)
    except ValueError as error:
        raise InputError(f"{where}: not all numbers: {error!s:.80}") from error
    if not np.isfinite(vector).all():
        raise InputError(f"{where}: a number is not finite")
    return vector


def _check(line: bytes, dimension: int, where: str) -> None:
    """Accept a word and its vector, also a word with blanks, as in GloVe 840B. Raises InputError for any other line."""
    parts = line.split(b" ")
    # the end of a word with blanks, but not a number too many, or a second line
    rest = parts[1:-dimension]
    is_word = rest and all(parts) and b"\r" not in line and not any(map(NUMBER.fullmatch, rest))
    if len(parts) != dimension + 1 and not is_word:
        expected = f"expected a word and {dimension} numbers between single blanks"
        raise InputError(f"{where}: {expected}, found {len(parts) - 1} in {line[:40]!r}")
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
