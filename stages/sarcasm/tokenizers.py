"""Three tokenizers, which return the words of one headline: `stripped` and `glove` are the book's, `full` is ours."""

import re
import string
import unicodedata
import warnings

from bs4 import BeautifulSoup, MarkupResemblesLocatorWarning, XMLParsedAsHTMLWarning
from bs4.exceptions import ParserRejectedMarkup

MARKUP = re.compile("<|&[#a-zA-Z]")
# Vowel signs and other combining marks of Hindi, Thai or Hebrew, which Python's \w lacks, two joiners, and the dot of a
# Turkish İ in lower case. Other accents of Latin letters are part of the letter, by NFC.
MARKS = [mark for mark in map(chr, range(0x370, 0x1F000)) if unicodedata.category(mark)[0] == "M"]
MARK = rf"(?:(?![\0-\x7f])[\u0307\u200c\u200d{''.join(MARKS)}])"  # 0.1 s for the real headlines instead of 0.4
# as in GloVe's own tokenizer: words, without a final n't; clitics (do n't, it 's); each punctuation mark
TOKEN = re.compile(rf"[^\W_]+(?:{MARK}[^\W_]*)*(?!'t(?<=n't))|n't|'(?:s|re|ve|ll|d|m)(?!\w|{MARK})|[^\w\s]{MARK}*|_")
SEPARATED = str.maketrans({mark: f" {mark} " for mark in ",.-/"})
PUNCTUATION = str.maketrans("", "", string.punctuation)
# The parser takes time in proportion to length times marks (`<` and `&`): 8 seconds for 100,000 characters of `<a`.
# A headline above both limits is read as it is.
UNPARSED_LENGTH, UNPARSED_MARKS = 250, 8

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


def stripped(headline: str) -> list[str]:
    """Tokenize as the book's plain variants do.

    Source: the book, chapter 7: lower case, blanks around `, . - /`, HTML stripped, punctuation deleted from each word
    (of a lone mark nothing is left), stop words dropped.
    """
    words = strip_markup(headline.lower().translate(SEPARATED)).translate(PUNCTUATION).split()
    return [word for word in words if word not in STOP_WORDS]


def glove(headline: str) -> list[str]:
    """Tokenize as the book's GloVe variants do: as `stripped`, every digit replaced by 0.

    The book also separates `. , ! ? ( )`, but from text that has no punctuation left.
    """
    return [re.sub(r"\d", "0", word.lower()) for word in stripped(headline)]  # an entity may be a capital letter


def full(headline: str) -> list[str]:
    """Tokenize into all words and punctuation marks, clitics separate (do n't, it 's); no tags, lower case, NFC."""
    text = strip_markup(headline)
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)  # `e` and an accent as one character, as most text has it
    return TOKEN.findall(text.lower().replace("’", "'"))


def strip_markup(headline: str) -> str:
    """Return the text of a headline that may contain tags, comments and entities."""
    if not MARKUP.search(headline):
        return headline  # 0.2 s for the real headlines instead of 3
    if len(headline) > UNPARSED_LENGTH and headline.count("<") + headline.count("&") > UNPARSED_MARKS:
        return headline
    with warnings.catch_warnings():  # BeautifulSoup warns of text that looks like an address or like XML
        warnings.simplefilter("ignore", MarkupResemblesLocatorWarning)
        warnings.simplefilter("ignore", XMLParsedAsHTMLWarning)
        try:
            return BeautifulSoup(headline, "html.parser").get_text()
        except (ParserRejectedMarkup, ValueError):  # `<![`, or an entity of 5,000 digits: not markup after all
            return headline


TOKENIZERS = {"stripped": stripped, "glove": glove, "full": full}
