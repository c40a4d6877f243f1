"""Words of one headline, by hand; test_chapter.py compares them with the chapter's own code."""

from time import process_time
from unicodedata import normalize

from sarcasm.tokenizers import STOP_WORDS, TOKENIZERS, full, glove, stripped

import pytest
from hypothesis import given
from hypothesis import strategies as st

MARKUP = st.sampled_from(["<b>", "</b", "<!--", "<![", "<?x", "&amp;", "&#10;", "&#55296;", "&#x110000;", "&", "<"])
HEADLINES = st.lists(st.text(max_size=8) | MARKUP, max_size=5).map("".join)


def test_the_chapters_cleaning_by_hand():
    headline = "The <b>'Roseanne'</b> revival - U.S./UK &amp; 1,234 don't ... up"
    # blanks are inserted before tags are stripped, so `</b>` becomes text; `dont` is not a stop word
    assert stripped(headline) == ["roseanne", "b", "revival", "u", "s", "uk", "1", "234", "dont"]
    assert glove(headline) == ["roseanne", "b", "revival", "u", "s", "uk", "0", "000", "dont"]


def test_stop_words_are_compared_without_their_punctuation():
    assert stripped("it's THE moon, isn't it? (He'd \"be\")") == ["moon", "isnt"]
    assert len(STOP_WORDS) == 150 and all(word.isalpha() and word.islower() for word in STOP_WORDS)


@pytest.mark.parametrize(
    ("headline", "words"),
    [
        ("Don't say it's 1,234.5!", "do n't say it 's 1 , 234 . 5 !"),
        ("We can’t, they'LL", "we ca n't , they 'll"),
        ("rock'n'roll snake_case “moon”", "rock ' n ' roll snake _ case “ moon ”"),
        ("<b>A&amp;B</b> a<b &eacute; <unk>", "a & b a"),
        ("Cafe\u0301", "caf\xe9"),
        ("पुस्तकालय बड़ी है", "पुस्तकालय बड़ी है"),  # Hindi: the library is large
        ("র‍্যাব, ভাল", "র‍্যাব , ভাল"),  # Bengali, with a joiner
        ("ที่นี่ שָׁלוֹם مَرْحَبًا می‌خواهم", "ที่นี่ שָׁלוֹם مَرْحَبًا می‌خواهم"),  # Thai, Hebrew, Arabic, Persian
        ("İstanbul'da", "i\u0307stanbul ' da"),
        ("❤\ufe0f! it's\u0941", "❤\ufe0f ! it ' s\u0941"),
        (" \t\u00a0\u2028\x85", ""),
        (f"&#{'9' * 5000};", f"& # {'9' * 5000} ;"),  # more digits than Python reads as a number
    ],
)
def test_full_keeps_words_clitics_and_marks(headline, words):
    assert full(headline) == words.split()


@given(st.text())
def test_an_accent_may_be_written_as_one_character_or_two(text):
    composed, decomposed = (full(f"Cafe\u0301 {normalize(form, text)}") for form in ("NFC", "NFD"))
    assert composed == decomposed and composed[0] == "café"
    assert stripped("Cafe\u0301") == ["cafe\u0301"]  # as in the book


@pytest.mark.parametrize("name", TOKENIZERS)
@given(headline=HEADLINES)
def test_words_of_any_headline_are_not_empty_and_have_no_white_space(name, headline):
    for word in TOKENIZERS[name](headline):
        assert word.split() == [word]


@pytest.mark.parametrize("name", TOKENIZERS)
@pytest.mark.parametrize("text", ["<a", '<a "', "<a/", "<a b='", "<!--", "</", "<?", "<![CDATA[", "<b>", "&a", "a'"])
def test_no_markup_takes_quadratic_time(name, text):
    start = process_time()
    TOKENIZERS[name]((text * 20_000)[:20_000])
    assert process_time() - start < 0.2  # seconds, ten times a millisecond per 1,000 characters


def test_a_headline_that_is_long_and_has_many_marks_is_read_as_it_is():
    assert full("<i>a</i>" * 31) == ["a" * 31]  # 248 characters
    few, many = (full("<b>moon</b> " * tags + "x " * 125) for tags in (4, 5))
    assert few == ["moon"] * 4 + ["x"] * 125
    assert many[:8] == ["<", "b", ">", "moon", "<", "/", "b", ">"]
