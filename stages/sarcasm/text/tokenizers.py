"""Three tokenizers: `stripped` and `glove` are the book's, `full` keeps all words and punctuation.

A tokenizer takes many headlines as one string, so that cleaning and splitting are a few passes of string methods:
together two to three times as fast as headline by headline. Only a headline with markup goes through BeautifulSoup.
"""

import re
import string
import unicodedata
import warnings
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from bs4 import BeautifulSoup, MarkupResemblesLocatorWarning, XMLParsedAsHTMLWarning
from bs4.exceptions import ParserRejectedMarkup

END = "\0"  # the token that ends a headline in a string of many
# The parser takes time in proportion to length times marks (`<` and `&`): 8 seconds for 100,000 characters of `<a`.
# A headline above both limits is read as it is, so that none costs more than about a millisecond per 1,000 characters.
UNPARSED_LENGTH, UNPARSED_MARKS = 250, 8
COMPOSED_LENGTH = 500  # characters to normalize at a time: the time for accents in a row is quadratic in their number

# Source: the book, chapter 7: the stop words that its plain variants drop
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

_SEPARATED = ",.-/"
_TO_BLANKS = bytes.maketrans(_SEPARATED.encode(), b" " * len(_SEPARATED))
_DELETED = string.punctuation.translate(str.maketrans("", "", _SEPARATED)).encode()
_DELETE_ALL = str.maketrans("", "", string.punctuation)
_UTF8 = "utf-8", "surrogatepass"
_MARKUP = re.compile("<|&[#a-zA-Z]")
_DIGIT = re.compile(r"\d")
# as in GloVe's own tokenizer: words, without a final n't; clitics (do n't, it 's); each punctuation mark
_TOKEN = re.compile(r"[^\W_]+(?!'t(?<=n't))|n't|'(?:s|re|ve|ll|d|m)\b|[^\w\s]|_")


class Tokenizer(NamedTuple):
    """A tokenizer.

    split: maps headlines to the tokens of all of them, each headline's followed by END
    stop_words: tokens to drop
    """

    split: Callable[[Sequence[str]], list[str]]
    stop_words: frozenset[str] = frozenset()


def _join(headlines: Iterable[str]) -> str:
    """Return the headlines as one string, END after each. An END inside a headline becomes a blank."""
    return f" {END} ".join([*(headline.replace(END, " ") for headline in headlines), ""])


def _strip_markup(headline: str) -> str:
    """Return the text of a headline that may contain tags, comments and entities."""
    if len(headline) > UNPARSED_LENGTH and headline.count("<") + headline.count("&") > UNPARSED_MARKS:
        return headline
    with warnings.catch_warnings():  # BeautifulSoup warns of text that looks like an address or like XML
        warnings.simplefilter("ignore", MarkupResemblesLocatorWarning)
        warnings.simplefilter("ignore", XMLParsedAsHTMLWarning)
        try:
            return BeautifulSoup(headline, "html.parser").get_text()
        except (ParserRejectedMarkup, ValueError):  # `<![`, or an entity of 5,000 digits: not markup after all
            return headline


def _without_markup(text: str, strip: Callable[[str], str]) -> str:
    """Return the joined headlines, `strip` applied to those with markup."""
    if "<" not in text and "&" not in text:
        return text
    return _join(strip(line) if _MARKUP.search(line) else line for line in text.split(END)[:-1])


def _clean(headlines: Sequence[str]) -> str:
    """Return the joined headlines, cleaned as in the book.

    Source: the book, chapter 7: lower case, blanks around `, . - /`, then HTML stripped, then punctuation deleted.
    """
    text = _without_markup(_join(headlines).lower(), _clean_markup)
    # `, . - /` become blanks, as blanks are put around them and they are then deleted. Translating bytes instead of
    # a string that is not all ASCII saves a third of the time of this tokenizer, 8 % of predict.py's.
    return text.encode(*_UTF8).translate(_TO_BLANKS, _DELETED).decode(*_UTF8)


def _clean_markup(headline: str) -> str:
    """Clean one headline step by step: the blanks break up tags, and entities may add punctuation after the blanks."""
    for mark in _SEPARATED:
        headline = headline.replace(mark, f" {mark} ")
    return _strip_markup(headline).translate(_DELETE_ALL)


def stripped(headlines: Sequence[str]) -> list[str]:
    """Tokenize as the book's plain variants do: no punctuation, no tags, lower case."""
    return _clean(headlines).split()


def glove(headlines: Sequence[str]) -> list[str]:
    """Tokenize as the book's GloVe variants do: as `stripped`, every digit replaced by 0.

    The book also separates `. , ! ? ( )`, but from text that has no punctuation left.
    """
    return _DIGIT.sub("0", _clean(headlines)).split()


def _compose(headline: str) -> str:
    """Return the headline in NFC: `e` and an accent as one character, as most text has it."""
    starts = range(0, len(headline), COMPOSED_LENGTH)
    return "".join(unicodedata.normalize("NFC", headline[start : start + COMPOSED_LENGTH]) for start in starts)


def full(headlines: Sequence[str]) -> list[str]:
    """Tokenize into all words and punctuation marks, clitics separate (do n't, it 's); no tags, lower case, NFC."""
    text = _without_markup(_join(headlines), _strip_markup)
    if not text.isascii():
        text = _join(map(_compose, text.split(END)[:-1]))
    return _TOKEN.findall(text.lower().replace("’", "'"))


TOKENIZERS = {
    "stripped": Tokenizer(stripped, STOP_WORDS),
    "glove": Tokenizer(glove, STOP_WORDS),
    "full": Tokenizer(full),
}
