"""From headlines to token ids, by a vocabulary of the most frequent words."""

from collections import defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from itertools import count, islice
from typing import NamedTuple

import numpy as np

from sarcasm.text.tokenizers import END, Tokenizer

PAD, UNKNOWN = 0, 1
SPECIAL = ("<pad>", "<unk>")
BLOCK = 1 << 20  # tokens to count at a time


class Tokens(NamedTuple):
    """Tokenized headlines; a token is an index into the distinct words (types).

    words: the distinct words, with their indexes, in order of first appearance
    indexes: int32 (tokens,), headline after headline
    lengths: int64 (headlines,), tokens of each headline
    """

    words: dict[str, int]
    indexes: np.ndarray
    lengths: np.ndarray


def tokenize(headlines: Iterable[str], tokenizer: Tokenizer, chunk: int = 32) -> Tokens:
    """Tokenize the headlines, `chunk` of them at a time, and number the words in order of first appearance."""
    # 32 headlines: their words are still in the processor's cache when they are numbered, a quarter faster than 1,000
    dropped = dict.fromkeys(tokenizer.stop_words, -1)
    numbers = defaultdict[str, int](count().__next__, dropped | {END: -2})
    data = bytearray()
    remaining = iter(headlines)
    while texts := list(islice(remaining, chunk)):
        words = tokenizer.split(texts)
        numbered = np.fromiter(map(numbers.__getitem__, words), np.int32, len(words))
        data += (numbered[numbered != -1] if dropped else numbered).tobytes()
    indexes = np.frombuffer(data, np.int32)
    lengths = np.diff(np.flatnonzero(indexes == -2), prepend=-1) - 1
    return Tokens(dict(islice(numbers.items(), len(dropped) + 1, None)), indexes[indexes != -2], lengths)


def join_tokens(parts: Iterable[Tokens]) -> Tokens:
    """Return the tokens of all parts, as `tokenize` returns those of all their headlines at once."""
    numbers = defaultdict[str, int](count().__next__)
    indexes, lengths = [], []
    for part in parts:
        numbered = np.fromiter(map(numbers.__getitem__, part.words), np.int32, len(part.words))
        indexes.append(numbered[part.indexes])
        lengths.append(part.lengths)
    return Tokens(dict(numbers), np.concatenate(indexes), np.concatenate(lengths))


def count_words(tokens: Tokens, headlines: int) -> tuple[list[str], np.ndarray]:
    """Return the words of the first `headlines`, most frequent first, ties by first appearance, and counts, int64.

    Source: the book, chapter 7: the vocabulary comes from the training sentences alone.
    """
    training = tokens.indexes[: tokens.lengths[:headlines].sum()]
    counts = np.zeros(len(tokens.words), np.int64)
    for start in range(0, len(training), BLOCK):  # bincount makes int64 of them, twice the memory of all tokens
        counts += np.bincount(training[start : start + BLOCK], minlength=len(counts))
    order = np.argsort(-counts, kind="stable")[: np.count_nonzero(counts)]
    words = list(tokens.words)
    return [words[index] for index in order.tolist()], counts[order]


def make_vocabulary(words: Sequence[str], size: int, pretrained: Iterable[str] = ()) -> dict[str, int]:
    """Return the ids, in order, of `<pad>`, `<unk>`, the first `size - 2` of the words and the `pretrained`."""
    return number_words(dict.fromkeys([*SPECIAL, *words[: size - len(SPECIAL)], *pretrained]))


def number_words(words: Iterable[str]) -> dict[str, int]:
    """Return the position of each word."""
    return {word: position for position, word in enumerate(words)}


def encode(tokens: Tokens, vocabulary: Mapping[str, int], max_length: int) -> tuple[np.ndarray, np.ndarray]:
    """Map tokens to ids, each headline truncated to `max_length`.

    Returns the ids, int32 (remaining tokens,), headline after headline, and the length of each, int64 (headlines,).
    """
    ids = np.fromiter((vocabulary.get(word, UNKNOWN) for word in tokens.words), np.int32, len(tokens.words))
    indexes = tokens.indexes
    if tokens.lengths.max(initial=0) > max_length:
        starts = np.repeat(tokens.lengths.cumsum() - tokens.lengths, tokens.lengths)
        indexes = indexes[np.arange(len(indexes)) - starts < max_length]
    return ids[indexes], np.minimum(tokens.lengths, max_length)


def unknown_words(tokens: Tokens, vocabulary: Container[str]) -> list[list[str]]:
    """Return the distinct words of each headline that are not in the vocabulary, in order."""
    words = list(tokens.words)
    is_unknown = np.array([word not in vocabulary for word in words], dtype=bool)
    positions = np.flatnonzero(is_unknown[tokens.indexes])
    headlines = np.repeat(np.arange(len(tokens.lengths)), tokens.lengths)[positions]
    found: list[dict[str, None]] = [{} for _ in tokens.lengths]
    for headline, index in zip(headlines.tolist(), tokens.indexes[positions].tolist(), strict=True):
        found[headline][words[index]] = None
    return [list(unknown) for unknown in found]
