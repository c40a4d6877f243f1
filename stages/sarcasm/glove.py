"""Word vectors in GloVe's text format: read the wanted ones, see what is covered, start an embedding from them."""

import gzip
import zlib
from codecs import BOM_UTF8
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from sarcasm.errors import InputError
from sarcasm.text import PAD, SPECIAL

CHUNK = 1 << 20  # bytes
LARGEST = np.finfo(np.float32).max


def read_vectors(path: Path, words: Sequence[str], dimension: int) -> tuple[np.ndarray, np.ndarray]:
    """Read the vectors of `words` from a gzipped GloVe file, which is streamed once.

    Returns the vectors, float32 (words, dimension), zero where there is none, and whether there is one, bool
    (words,). Of a word that stands there twice the first counts. Raises InputError, naming file and line, if any
    line is not a word and `dimension` numbers, or a wanted number is not finite.
    """
    rows = {word.encode(): row for row, word in enumerate(words)}
    vectors = np.zeros((len(words), dimension), dtype=np.float32)
    found = np.zeros(len(words), dtype=bool)
    number = 0
    for number, line in enumerate(_lines(path), start=1):
        if line.count(b" ") != dimension:
            _check_blanks_in_word(line, dimension, f"{path}, line {number}")
            continue  # a word with blanks in it is never one of ours
        word, _, values = line.partition(b" ")
        row = rows.get(word)
        if row is not None and not found[row]:
            vectors[row] = _parse(values, f"{path}, line {number}")
            found[row] = True
    if not number:
        raise InputError(f"{path}: empty, expected a word and {dimension} numbers a line")
    return vectors, found


def _lines(path: Path) -> Iterator[bytes]:
    """Yield the lines without their ends."""
    rest = b""
    try:
        with gzip.open(path, "rb") as file:
            rest = file.read(len(BOM_UTF8)).removeprefix(BOM_UTF8)
            while chunk := file.read(CHUNK):
                *lines, rest = (rest + chunk).replace(b"\r\n", b"\n").split(b"\n")
                yield from lines
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise InputError(f"{path}: broken gzip file: {error}") from error
    if rest:
        yield rest


def _parse(values: bytes, place: str) -> np.ndarray:
    try:
        vector = np.array(values.split(b" "), dtype=np.float64)
    except ValueError as error:
        raise InputError(f"{place}: not all numbers: {error}") from error
    if not (np.abs(vector) <= LARGEST).all():
        raise InputError(f"{place}: a number is not finite")
    return vector


def _check_blanks_in_word(line: bytes, dimension: int, place: str) -> None:
    """Let pass a word that has blanks in it, as some of GloVe 840B have, and its numbers."""
    *word, last = line.split(b" ")[:-dimension] or [b""]
    numbers = line.count(b" ")
    if numbers < dimension or _is_number(last):
        found = numbers if not word or _is_number(last) else len(line.split(b" "))
        raise InputError(f"{place}: expected a word and {dimension} numbers, found {found}")
    _parse(b" ".join(line.split(b" ")[-dimension:]), place)


def _is_number(text: bytes) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def coverage(found: np.ndarray, counts: np.ndarray, words: int) -> dict[str, float]:
    """Say how much of the `words` most frequent words has a vector: found and share, of types and of tokens."""
    found, counts = found[:words], counts[:words]
    return {
        "words": len(found),
        "found": int(found.sum()),
        "types": round(float(found.mean()), 4),
        "tokens": round(float(counts[found].sum() / counts.sum()), 4),
    }


def start_embedding(vectors: np.ndarray, found: np.ndarray, seed: int) -> np.ndarray:
    """Return the matrix that training starts from, float32 (special + words, dimension).

    Source: the book, chapter 7: words without a vector, and `<unk>`, start uniform in ±0.25; `<pad>` at zero.
    """
    shape = len(SPECIAL) + len(vectors), vectors.shape[1]
    matrix = np.random.default_rng(seed).uniform(-0.25, 0.25, shape).astype(np.float32)
    matrix[PAD] = 0
    matrix[len(SPECIAL) :][found] = vectors[found]
    return matrix
