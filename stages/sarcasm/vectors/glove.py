"""Word vectors in GloVe's text format: reading, coverage of a vocabulary, initialization of an embedding."""

from codecs import BOM_UTF8
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from isal import igzip, isal_zlib

from sarcasm.base.command import InputError
from sarcasm.text.vocabulary import PAD, SPECIAL

CHUNK = 1 << 18  # bytes


@np.errstate(over="ignore")  # a number that is too large becomes infinity, which is refused at the end
def read_vectors(path: Path, words: Sequence[str], dimension: int) -> tuple[np.ndarray, np.ndarray]:
    """Read the vectors of `words` from a gzipped GloVe file, in one pass.

    Returns the vectors, float32 (words, dimension), zero where there is none, and whether there is one, bool
    (words,). For a duplicate word the first line counts. Raises InputError, naming file and line, if a line is not a
    word and `dimension` numbers, or a number of one of `words` is not finite.
    """
    rows = {word.encode(): row for row, word in enumerate(words)}
    vectors = np.zeros((len(words), dimension), dtype=np.float32)
    line_numbers = np.zeros(len(words), dtype=np.int64)  # the line of each word, from 1; 0 for none
    before = 0  # lines in earlier blocks
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
            if row is not None and not line_numbers[row] and regular[index]:  # none of `words` contains blanks
                line_numbers[row] = before + index + 1
                vectors[row] = _parse(block[word_end + 1 : ends[index]], f"{path}, line {line_numbers[row]}")
        before += len(starts)
    if not before:
        raise InputError(f"{path}: empty, expected a word and {dimension} numbers per line")
    if not np.isfinite(vectors).all():
        first = line_numbers[~np.isfinite(vectors).all(axis=1)].min()
        raise InputError(f"{path}, line {first}: a number is not finite")
    return vectors, line_numbers > 0


def read_words(path: Path, count: int) -> list[str]:
    """Return the first `count` words of a gzipped GloVe file, in its order; words with blanks are left out.

    Such a file has the most frequent words first.
    """
    words: dict[str, None] = {}
    for block in _blocks(path) if count else ():
        for line in block.decode(errors="replace").split("\n")[:-1]:
            words[line.partition(" ")[0]] = None
            if len(words) == count:
                return list(words)
    return list(words)


def _blocks(path: Path) -> Iterator[bytes]:
    """Yield the text in blocks of whole lines."""
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


def _parse(values: bytes, where: str) -> np.ndarray:
    try:
        return np.array(values.split(b" "), dtype=np.float32)
    except ValueError as error:
        raise InputError(f"{where}: not all numbers: {error}") from error


def _check_blanks_in_word(line: bytes, dimension: int, where: str) -> None:
    """Accept a word that contains blanks, as some in GloVe 840B do. Raises InputError for any other line."""
    *word, last = line.split(b" ")[:-dimension] or [b""]
    numbers = line.count(b" ")
    if numbers < dimension or _is_number(last):
        found = numbers if not word or _is_number(last) else len(line.split(b" "))
        raise InputError(f"{where}: expected a word and {dimension} numbers, found {found}")
    _parse(b" ".join(line.split(b" ")[-dimension:]), where)


def _is_number(text: bytes) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


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
