"""Word vectors in GloVe's text format: read the wanted ones, see what is covered, start an embedding from them."""

from codecs import BOM_UTF8
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from isal import igzip, isal_zlib

from sarcasm.errors import InputError
from sarcasm.text import PAD, SPECIAL

CHUNK = 1 << 18  # bytes


@np.errstate(over="ignore")  # a number too large becomes an infinity, which is found when all are read
def read_vectors(path: Path, words: Sequence[str], dimension: int) -> tuple[np.ndarray, np.ndarray]:
    """Read the vectors of `words` from a gzipped GloVe file, which is streamed once.

    Returns the vectors, float32 (words, dimension), zero where there is none, and whether there is one, bool
    (words,). Of a word that stands there twice the first counts. Raises InputError, naming file and line, if any
    line is not a word and `dimension` numbers, or a wanted number is not finite.
    """
    rows = {word.encode(): row for row, word in enumerate(words)}
    vectors = np.zeros((len(words), dimension), dtype=np.float32)
    places = np.zeros(len(words), dtype=np.int64)  # the line of each word, from 1; 0 where there is none
    before = 0  # lines of the blocks before
    for block in _blocks(path):
        characters = np.frombuffer(block, dtype=np.uint8)
        ends = np.flatnonzero(characters == ord("\n"))
        starts = np.concatenate([[0], ends[:-1] + 1])
        regular = np.add.reduceat(characters == ord(" "), starts, dtype=np.int32) == dimension
        for index in np.flatnonzero(~regular).tolist():
            _check_blanks_in_word(block[starts[index] : ends[index]], dimension, f"{path}, line {before + index + 1}")
        for index, start in enumerate(starts.tolist()):
            word_end = block.find(b" ", start)
            row = rows.get(block[start:word_end])
            if row is not None and not places[row] and regular[index]:  # a word with blanks in it is never ours
                places[row] = before + index + 1
                vectors[row] = _parse(block[word_end + 1 : ends[index]], f"{path}, line {places[row]}")
        before += len(starts)
    if not before:
        raise InputError(f"{path}: empty, expected a word and {dimension} numbers a line")
    if not np.isfinite(vectors).all():
        first = places[~np.isfinite(vectors).all(axis=1)].min()
        raise InputError(f"{path}, line {first}: a number is not finite")
    return vectors, places > 0


def _blocks(path: Path) -> Iterator[bytes]:
    """Yield the text in blocks of whole lines, each ended by a line feed."""
    rest = b""
    try:
        with igzip.open(path) as file:  # type: ignore[no-untyped-call]
            rest = file.read(len(BOM_UTF8)).removeprefix(BOM_UTF8)
            while chunk := file.read(CHUNK):
                text = rest + chunk
                if b"\r" in text:
                    text = text.replace(b"\r\n", b"\n")
                end = text.rfind(b"\n") + 1
                rest = text[end:]
                if end:
                    yield text[:end]
    except (EOFError, igzip.BadGzipFile, isal_zlib.error) as error:  # type: ignore[misc]
        raise InputError(f"{path}: broken gzip file: {error}") from error
    if rest:
        yield rest + b"\n"


def _parse(values: bytes, place: str) -> np.ndarray:
    try:
        return np.array(values.split(b" "), dtype=np.float32)
    except ValueError as error:
        raise InputError(f"{place}: not all numbers: {error}") from error


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
