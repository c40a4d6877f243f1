"""For any headlines, tokens contain no white space and can be read back from their files."""

from time import process_time
from unicodedata import normalize

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.words import split_with

from sarcasm.network.dataset import HeadlineDataset
from sarcasm.text import vocabulary
from sarcasm.text.encoded import (
    SPLITS,
    Encoded,
    read_counts,
    read_ids,
    read_words,
    write_counts,
    write_ids,
    write_words,
)
from sarcasm.text.tokenizers import TOKENIZERS
from sarcasm.text.vocabulary import (
    SPECIAL,
    UNKNOWN,
    count_words,
    encode,
    join_tokens,
    make_vocabulary,
    number_words,
    tokenize,
)

MARKUP = st.sampled_from(
    ["<b>", "</b", "<!--", "<![", "<?x", "&amp;", "&#10;", "&#55296;", "&#x110000;", "&", "<", "\r"]
)
HEADLINES = st.lists(st.lists(st.text(max_size=8) | MARKUP, max_size=5).map("".join), min_size=1, max_size=6)


@pytest.mark.parametrize("name", TOKENIZERS)
@given(headlines=HEADLINES)
def test_any_headlines_become_ids_and_back(name, headlines, tmp_path_factory):
    folder = tmp_path_factory.mktemp("words")
    tokens = tokenize(headlines, TOKENIZERS[name], chunk=2)
    alone = [split_with(name, [headline])[0] for headline in headlines]
    assert split_with(name, headlines, chunk=2) == alone

    counted, counts = count_words(tokens, len(headlines))
    write_counts(folder / "counts", counted, counts)
    write_words(folder / "words", [*SPECIAL, *counted])
    assert read_words(folder / "words") == [*SPECIAL, *counted]
    if counted:
        words, again = read_counts(folder / "counts")
        assert words == counted and again.tolist() == counts.tolist()

    vocabulary = make_vocabulary(counted, len(counted))  # two words fewer than there are
    ids, lengths = encode(tokens, vocabulary, 3)
    labels = np.zeros(len(headlines), dtype=np.int8)
    write_ids(folder / "ids.npz", Encoded(ids, lengths, labels), [len(headlines), 0, 0])
    split = HeadlineDataset(read_ids(folder / "ids.npz", SPLITS[0]), 3)
    ((padded, _, _),) = split.batches(len(split), bucketed=False)
    for row, length, words in zip(padded.tolist(), split.lengths.tolist(), alone, strict=True):
        kept = [vocabulary.get(word, UNKNOWN) for word in words][:3]
        assert row == [*kept, 0, 0, 0][:3] and length == max(len(kept), 1)


@pytest.mark.parametrize("name", TOKENIZERS)
def test_an_entity_with_too_many_digits_for_python_is_text(name):
    assert split_with(name, [f"a &#{'9' * 5000}; moon"])[0][-1] == "moon"


@pytest.mark.parametrize("name", TOKENIZERS)
@pytest.mark.parametrize(
    "text", ["<a", "<a ", '<a "', "<a/", "<a b='", "<!--", "</", "<?", "<![CDATA[", "<b>", "&a", "\u0301\u0316"]
)
def test_no_markup_or_accents_take_quadratic_time(name, text):
    start = process_time()
    split_with(name, [(text * 20_000)[:20_000]])
    assert process_time() - start < 0.2  # seconds, ten times a millisecond per 1,000 characters


def test_a_headline_that_is_long_and_has_many_marks_is_read_as_it_is():
    assert split_with("full", ["<i>a</i>" * 31]) == [["a" * 31]]  # 248 characters
    few, many = (split_with("full", ["<b>moon</b> " * tags + "x " * 125])[0] for tags in (4, 5))
    assert few == ["moon"] * 4 + ["x"] * 125
    assert many[:8] == ["<", "b", ">", "moon", "<", "/", "b", ">"]


@given(st.text())
def test_nfd_text_has_the_tokens_of_nfc_text(text):
    forms = [f"Cafe\u0301 {normalize(form, text)}" for form in ("NFC", "NFD")]
    composed, decomposed = split_with("full", forms)
    assert composed == decomposed and composed[0] == "café"
    assert split_with("stripped", ["Cafe\u0301"]) == [["cafe\u0301"]]  # as in the book


@pytest.mark.parametrize("name", TOKENIZERS)
def test_a_nul_separates_words_and_not_headlines(name):
    amp = ["&"] if name == "full" else []
    assert split_with(name, ["moon\0landing", "&amp;\0", "moon"]) == [["moon", "landing"], amp, ["moon"]]


@given(st.lists(st.lists(st.text("ab <", max_size=4)), max_size=4))
def test_the_tokens_of_parts_join_to_those_of_all(parts):
    whole = tokenize([text for part in parts for text in part], TOKENIZERS["full"])
    joined = join_tokens(tokenize(part, TOKENIZERS["full"]) for part in [[], *parts])
    assert list(joined.words.items()) == list(whole.words.items())
    assert joined.indexes.tolist() == whole.indexes.tolist() and joined.lengths.tolist() == whole.lengths.tolist()


@pytest.mark.parametrize("name", TOKENIZERS)
def test_ten_thousand_words_and_none(name):
    tokens = tokenize(["moon " * 10_000, "", "moon"], TOKENIZERS[name])
    assert list(tokens.words) == ["moon"] and tokens.lengths.tolist() == [10_000, 0, 1]
    ids, lengths = encode(tokens, number_words([*SPECIAL, "moon"]), 85)
    assert lengths.tolist() == [85, 0, 1] and ids.tolist() == [2] * 86


def test_pretrained_words_follow_those_of_the_training_headlines():
    vocabulary = make_vocabulary(["moon", "sun", "rare"], 4, ["star", "moon", "rare"])
    assert vocabulary == number_words([*SPECIAL, "moon", "sun", "star", "rare"])


def test_words_are_counted_in_blocks(monkeypatch):
    monkeypatch.setattr(vocabulary, "BLOCK", 2)
    words, counts = count_words(tokenize(["b a b", "", "a b c"], TOKENIZERS["full"]), 3)
    assert words == ["b", "a", "c"] and counts.tolist() == [3, 2, 1]
