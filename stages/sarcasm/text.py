"""From headlines to ids: three tokenizers, and a vocabulary by frequency.

The tokenizers work on many headlines as one text, a line each, so that cleaning is a few passes of the string
methods; only a headline with a tag or an entity goes through BeautifulSoup.
"""

import re
import string
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, count, filterfalse
from typing import NamedTuple

import numpy as np
from bs4 import BeautifulSoup, MarkupResemblesLocatorWarning, XMLParsedAsHTMLWarning
from bs4.exceptions import ParserRejectedMarkup

PAD, UNKNOWN = 0, 1
SPECIAL = ("<pad>", "<unk>")

# Source: the book, chapter 7: the words that its plain variants drop
STOP_WORDS = frozenset(
    """
    a about above after again against all am an and any are as at be because been before being below between both but
    by could did do does doing down during each few for from further had has have having he hed hes her here heres
    hers herself him himself his how hows i id ill im ive if in into is it its itself lets me more most my myself nor
    of on once only or other ought our ours ourselves out over own same she shed shell shes should so some such than
    that thats the their theirs them themselves then there theres these they theyd theyll theyre theyve this those
    through to too under until up very was we wed well were weve what whats when whens where wheres which while who
    whos whom why whys with would you youd youll youre youve your yours yourself yourselves
    """.split()
)

_PUNCTUATION = string.punctuation.encode()
_UTF8 = "utf-8", "surrogatepass"
_DIGIT = re.compile(r"\d")
# as GloVe's own tokenizer: clitics apart (do n't, it 's), words, and each mark
_WORD = re.compile(r"n't|[^\W_]+?(?=n't)|'(?:s|re|ve|ll|d|m)\b|[^\W_]+|[^\w\s]|_")

Tokenizer = Callable[[Sequence[str]], Iterator[list[str]]]


def _lines(headlines: Iterable[str]) -> str:
    """Join the headlines, each made one line."""
    return "\n".join(headline.replace("\n", " ") for headline in headlines)


def _strip_markup(headline: str) -> str:
    """Return the text of a headline that may have tags, comments and entities."""
    with warnings.catch_warnings():  # BeautifulSoup warns of text that looks like an address or like XML
        warnings.simplefilter("ignore", MarkupResemblesLocatorWarning)
        warnings.simplefilter("ignore", XMLParsedAsHTMLWarning)
        try:
            return BeautifulSoup(headline, "html.parser").get_text()
        except (ParserRejectedMarkup, ValueError):  # `<![`, or an entity of 5,000 digits: no markup after all
            return headline


def _without_markup(text: str) -> str:
    """Return the lines of `text` without markup; those with neither `<` nor `&` have none."""
    if "<" not in text and "&" not in text:
        return text
    return _lines(_strip_markup(line) if "<" in line or "&" in line else line for line in text.split("\n"))


def _clean(headlines: Sequence[str]) -> str:
    """Return the headlines cleaned as in the book, a line each, stop words still in.

    Source: the book, chapter 7: lower case, blanks around `, . - /`, then HTML stripped, then punctuation deleted.
    """
    text = _lines(headlines).lower()
    for mark in ",.-/":
        text = text.replace(mark, f" {mark} ")
    # in bytes, as str.translate is slow where the text is not all ASCII
    return _without_markup(text).encode(*_UTF8).translate(None, _PUNCTUATION).decode(*_UTF8)


def _kept(text: str) -> Iterator[list[str]]:
    return (list(filterfalse(STOP_WORDS.__contains__, line.split())) for line in text.split("\n"))


def stripped(headlines: Sequence[str]) -> Iterator[list[str]]:
    """Split each headline as the book's plain variants do: no punctuation, no stop words, no tags, lower case."""
    return _kept(_clean(headlines))


def glove(headlines: Sequence[str]) -> Iterator[list[str]]:
    """Split each headline as the book's GloVe variants do: as `stripped`, every digit replaced by 0.

    The book also sets `. , ! ? ( )` apart; it does so in text that has lost its punctuation by then.
    """
    return _kept(_DIGIT.sub("0", _clean(headlines)))


def full(headlines: Sequence[str]) -> Iterator[list[str]]:
    """Split each headline into all its words and marks, clitics apart (do n't, it 's); no tags, lower case."""
    text = _without_markup(_lines(headlines)).lower().replace("’", "'")
    return (_WORD.findall(line) for line in text.split("\n"))


TOKENIZERS: dict[str, Tokenizer] = {"stripped": stripped, "glove": glove, "full": full}


class Tokens(NamedTuple):
    """Headlines as indexes of words.

    words: the distinct words in order of first appearance
    indexes: int32 (tokens,), of one headline after the other
    lengths: int64 (headlines,), tokens of each
    """

    words: list[str]
    indexes: np.ndarray
    lengths: np.ndarray


def collect(headlines: Sequence[str], tokenize: Tokenizer, chunk: int = 256) -> Tokens:
    """Tokenize the headlines, `chunk` of them as one text, and number the words as they appear.

    Words of a small chunk are still in the processor's cache when they are numbered.
    """
    numbers = defaultdict[str, int](count().__next__)
    indexes, lengths = [np.empty(0, dtype=np.int32)], [np.empty(0, dtype=np.int64)]
    for start in range(0, len(headlines), chunk):
        split = list(tokenize(headlines[start : start + chunk]))
        lengths.append(np.fromiter(map(len, split), np.int64, len(split)))
        indexes.append(np.fromiter(map(numbers.__getitem__, chain.from_iterable(split)), np.int32, lengths[-1].sum()))
    return Tokens(list(numbers), np.concatenate(indexes), np.concatenate(lengths))


def rank(tokens: Tokens, headlines: int) -> tuple[list[str], np.ndarray]:
    """Return the words of the first `headlines` by falling count, ties in order of appearance, and the counts, int64.

    Source: the book, chapter 7: the vocabulary is made from the training sentences alone.
    """
    training = tokens.indexes[: tokens.lengths[:headlines].sum()]
    counts = np.bincount(training, minlength=len(tokens.words))
    order = np.argsort(-counts, kind="stable")[: np.count_nonzero(counts)]
    return [tokens.words[index] for index in order], counts[order]


def make_vocabulary(ranked: Sequence[str], size: int) -> list[str]:
    """Return `<pad>`, `<unk>` and the `size - 2` most frequent words, each at the place that is its id."""
    return [*SPECIAL, *ranked[: size - len(SPECIAL)]]


def encode(tokens: Tokens, vocabulary: Sequence[str], max_length: int) -> tuple[np.ndarray, np.ndarray]:
    """Map tokens to ids, each headline cut to `max_length`.

    Returns the ids, int32 (kept tokens,), of one headline after the other, and the kept length of each, int64
    (headlines,).
    """
    id_of = {word: id for id, word in enumerate(vocabulary)}
    ids = np.array([id_of.get(word, UNKNOWN) for word in tokens.words], dtype=np.int32)
    starts = np.repeat(tokens.lengths.cumsum() - tokens.lengths, tokens.lengths)
    kept = np.arange(len(tokens.indexes)) - starts < max_length
    return ids[tokens.indexes[kept]], np.minimum(tokens.lengths, max_length)


def unknown_words(tokens: Tokens, vocabulary: Iterable[str]) -> list[list[str]]:
    """Return the distinct words of each headline that are not in the vocabulary, in their order."""
    known = set(vocabulary)
    is_unknown = np.array([word not in known for word in tokens.words], dtype=bool)
    places = np.flatnonzero(is_unknown[tokens.indexes])
    headlines = np.repeat(np.arange(len(tokens.lengths)), tokens.lengths)[places]
    found: list[dict[str, None]] = [{} for _ in tokens.lengths]
    for headline, index in zip(headlines.tolist(), tokens.indexes[places].tolist(), strict=True):
        found[headline][tokens.words[index]] = None
    return [list(words) for words in found]
