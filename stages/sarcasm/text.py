"""From headlines to ids: three tokenizers, and a vocabulary by frequency.

The tokenizers work on many headlines as one text, so that cleaning and splitting are a few passes of the string
methods; only a headline with a tag or an entity goes through BeautifulSoup.
"""

import re
import string
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from itertools import count, islice
from typing import NamedTuple

import numpy as np
from bs4 import BeautifulSoup, MarkupResemblesLocatorWarning, XMLParsedAsHTMLWarning
from bs4.exceptions import ParserRejectedMarkup

PAD, UNKNOWN = 0, 1
SPECIAL = ("<pad>", "<unk>")
END = "\0"  # stands behind each headline in a text of many

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

_SET_APART = ",.-/"
_BLANKS = bytes.maketrans(_SET_APART.encode(), b" " * len(_SET_APART))
_DELETED = string.punctuation.translate(str.maketrans("", "", _SET_APART)).encode()
_ALL_DELETED = str.maketrans("", "", string.punctuation)
_UTF8 = "utf-8", "surrogatepass"
_MARKUP = re.compile("<|&[#a-zA-Z]")
_DIGIT = re.compile(r"\d")
# as GloVe's own tokenizer: clitics apart (do n't, it 's), words, and each mark
_WORD = re.compile(r"n't|[^\W_]+?(?=n't)|'(?:s|re|ve|ll|d|m)\b|[^\W_]+|[^\w\s]|_")


class Tokenizer(NamedTuple):
    """A way to take headlines apart.

    split: gives the words of many headlines, END behind those of each
    dropped: words that do not count
    """

    split: Callable[[Sequence[str]], list[str]]
    dropped: frozenset[str] = frozenset()


def _join(headlines: Iterable[str]) -> str:
    """Return the headlines as one text, END as a word behind each; one inside a headline is taken for a blank."""
    return f" {END} ".join([*(headline.replace(END, " ") for headline in headlines), ""])


def _strip_markup(headline: str) -> str:
    """Return the text of a headline that may have tags, comments and entities."""
    with warnings.catch_warnings():  # BeautifulSoup warns of text that looks like an address or like XML
        warnings.simplefilter("ignore", MarkupResemblesLocatorWarning)
        warnings.simplefilter("ignore", XMLParsedAsHTMLWarning)
        try:
            return BeautifulSoup(headline, "html.parser").get_text()
        except (ParserRejectedMarkup, ValueError):  # `<![`, or an entity of 5,000 digits: no markup after all
            return headline


def _without_markup(text: str, strip: Callable[[str], str]) -> str:
    """Return the headlines of `text`, those with markup as `strip` leaves them; a `&` alone is no markup."""
    if "<" not in text and "&" not in text:
        return text
    return _join(strip(line) if _MARKUP.search(line) else line for line in text.split(END)[:-1])


def _clean(headlines: Sequence[str]) -> str:
    """Return the headlines cleaned as in the book.

    Source: the book, chapter 7: lower case, blanks around `, . - /`, then HTML stripped, then punctuation deleted.
    """
    text = _without_markup(_join(headlines).lower(), _clean_markup)
    # a mark with blanks around it that is then deleted is a blank; in bytes, as that is one pass
    return text.encode(*_UTF8).translate(_BLANKS, _DELETED).decode(*_UTF8)


def _clean_markup(headline: str) -> str:
    """Clean one headline step by step: blanks take tags apart, and marks from entities come after the blanks."""
    for mark in _SET_APART:
        headline = headline.replace(mark, f" {mark} ")
    return _strip_markup(headline).translate(_ALL_DELETED)


def stripped(headlines: Sequence[str]) -> list[str]:
    """Split headlines as the book's plain variants do: no punctuation, no tags, lower case."""
    return _clean(headlines).split()


def glove(headlines: Sequence[str]) -> list[str]:
    """Split headlines as the book's GloVe variants do: as `stripped`, every digit replaced by 0.

    The book also sets `. , ! ? ( )` apart; it does so in text that has lost its punctuation by then.
    """
    return _DIGIT.sub("0", _clean(headlines)).split()


def full(headlines: Sequence[str]) -> list[str]:
    """Split headlines into all their words and marks, clitics apart (do n't, it 's); no tags, lower case."""
    return _WORD.findall(_without_markup(_join(headlines), _strip_markup).lower().replace("’", "'"))


TOKENIZERS = {
    "stripped": Tokenizer(stripped, STOP_WORDS),
    "glove": Tokenizer(glove, STOP_WORDS),
    "full": Tokenizer(full),
}


class Tokens(NamedTuple):
    """Headlines as indexes of words.

    words: the distinct words and their indexes, in order of first appearance
    indexes: int32 (tokens,), of one headline after the other
    lengths: int64 (headlines,), tokens of each
    """

    words: dict[str, int]
    indexes: np.ndarray
    lengths: np.ndarray


def collect(headlines: Sequence[str], tokenizer: Tokenizer, chunk: int = 32) -> Tokens:
    """Tokenize the headlines, `chunk` of them as one text, and number the words as they appear.

    Words of a small chunk are still in the processor's cache when they are numbered. Words to be dropped are numbered
    below zero, END too: that costs less than to ask of each word whether it is one of them.
    """
    below = {END: -1, **dict.fromkeys(tokenizer.dropped, -2)}
    numbers = defaultdict[str, int](count().__next__, below)
    chunks = [np.empty(0, dtype=np.int32)]
    for start in range(0, len(headlines), chunk):
        split = tokenizer.split(headlines[start : start + chunk])
        chunks.append(np.fromiter(map(numbers.__getitem__, split), np.int32, len(split)))
    indexes = np.concatenate(chunks)
    kept = np.flatnonzero(indexes >= 0)
    ends = np.searchsorted(kept, np.flatnonzero(indexes == below[END]))
    words = dict(islice(numbers.items(), len(below), None))
    return Tokens(words, indexes[kept], np.diff(ends, prepend=0))


def rank(tokens: Tokens, headlines: int) -> tuple[list[str], np.ndarray]:
    """Return the words of the first `headlines` by falling count, ties in order of appearance, and the counts, int64.

    Source: the book, chapter 7: the vocabulary is made from the training sentences alone.
    """
    training = tokens.indexes[: tokens.lengths[:headlines].sum()]
    counts = np.bincount(training, minlength=len(tokens.words))
    order = np.argsort(-counts, kind="stable")[: np.count_nonzero(counts)]
    words = list(tokens.words)
    return [words[index] for index in order.tolist()], counts[order]


def make_vocabulary(ranked: Sequence[str], size: int) -> list[str]:
    """Return `<pad>`, `<unk>` and the `size - 2` most frequent words, each at the place that is its id."""
    return [*SPECIAL, *ranked[: size - len(SPECIAL)]]


def encode(tokens: Tokens, vocabulary: Sequence[str], max_length: int) -> tuple[np.ndarray, np.ndarray]:
    """Map tokens to ids, each headline cut to `max_length`.

    Returns the ids, int32 (kept tokens,), of one headline after the other, and the kept length of each, int64
    (headlines,).
    """
    ids = np.full(len(tokens.words), UNKNOWN, dtype=np.int32)
    for id, word in enumerate(vocabulary):
        if word in tokens.words:
            ids[tokens.words[word]] = id
    starts = np.repeat(tokens.lengths.cumsum() - tokens.lengths, tokens.lengths)
    kept = np.arange(len(tokens.indexes)) - starts < max_length
    return ids[tokens.indexes[kept]], np.minimum(tokens.lengths, max_length)


def unknown_words(tokens: Tokens, vocabulary: Iterable[str]) -> list[list[str]]:
    """Return the distinct words of each headline that are not in the vocabulary, in their order."""
    known = set(vocabulary)
    words = list(tokens.words)
    is_unknown = np.array([word not in known for word in words], dtype=bool)
    places = np.flatnonzero(is_unknown[tokens.indexes])
    headlines = np.repeat(np.arange(len(tokens.lengths)), tokens.lengths)[places]
    found: list[dict[str, None]] = [{} for _ in tokens.lengths]
    for headline, index in zip(headlines.tolist(), tokens.indexes[places].tolist(), strict=True):
        found[headline][words[index]] = None
    return [list(unknown) for unknown in found]
