"""Any file of vectors gives those of the requested words, or an error of one line that names file and line."""

import bz2
import gzip
import re
from contextlib import suppress

from sarcasm.stage import InputError
from sarcasm.vectors import check_start, coverage, initialize_embedding, read_vectors
from sarcasm.vocabulary import PAD, UNKNOWN

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.edits import EDITS, edited

WORDS = st.text(st.characters(exclude_characters=" \n", exclude_categories=["Cs"]), min_size=1, max_size=4)
NUMBERS = st.tuples(*[st.floats(width=32, allow_nan=False, allow_infinity=False)] * 3)
LINES = st.lists(st.tuples(WORDS | st.just("moon"), NUMBERS), min_size=1, max_size=8)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("vectors") / "vectors.txt.gz"


def read(path, text, words, dimension=3):
    path.write_bytes(gzip.compress(text if isinstance(text, bytes) else text.encode()))
    return read_vectors(path, words, dimension)


def refused(path, text, words=("moon",), dimension=3):
    with pytest.raises(InputError) as error:
        read(path, text, words, dimension)
    return str(error.value).removeprefix(str(path))


@given(
    lines=LINES,
    header=st.sampled_from(["", "\ufeff", "2 3", "2 3\n\ufeff"]),
    end=st.sampled_from(["\n", "\r\n", " \n"]),
    last=st.integers(0, 2),
)
@example([("moon", (1.0, 2.0, 3.0)), ("moon", (4.0, 5.0, 6.0))], "", "\r\n", 0)
@example([("a\rb", (1.0, 2.0, 3.0)), ("\ufeff", (2.0**126, 2.0**-149, -0.0))], "\ufeff", "\n", 1)
@example([("moon", (1.0, 2.0, 3.0))], "2 3", " \n", 2)
def test_every_word_gets_its_first_vector(path, lines, header, end, last):
    text = end.join(" ".join([word, *map(repr, vector)]) for word, vector in lines) + end * last
    text = header + "\n" * header.endswith("3") + text
    expected = dict(reversed(lines))
    check_start(text.encode(), "a", 3)
    vectors, found = read(path, text, [*expected, "absent"])
    assert found.tolist() == [True] * len(expected) + [False]
    assert vectors.tolist() == [*map(list, expected.values()), [0, 0, 0]] and vectors.dtype == np.float32


@given(
    place=st.integers(0, 2**16),
    cut=st.integers(0, 2),
    inserted=st.sampled_from([b"", b"\r", b" ", b"\xef\xbb\xbf", b"\n"]),
)
def test_a_fault_in_one_line_changes_no_vector_of_another(path, place, cut, inserted):
    data = b"".join(b"w%d %d.5 -2 3e-1\n" % (number, number) for number in range(20))
    place %= len(data)
    changed = {data[:at].count(b"\n") for at in range(place, place + cut + 1)}
    words = [f"w{number}" for number in range(20)]
    with suppress(InputError):
        vectors, found = read(path, data[:place] + inserted + data[place + cut :], words)
        assert all(found[number] or number in changed for number in range(20))
        assert all(vectors[number, 0] == number + 0.5 or number in changed for number in range(20))


@given(header=st.sampled_from([b"", b"2 3\n"]), edits=EDITS)
def test_any_file_is_read_or_refused_in_one_line(path, header, edits):
    data = edited(header + b"moon 1 2.5 -3e-1\nnew york 1 2 3\nsun 4 5 6\n", edits)
    with suppress(InputError):
        check_start(data, "own.vec", 3)
    with suppress(InputError):
        vectors, found = read(path, data, ["moon", "sun"])
        assert np.isfinite(vectors).all() and not vectors[~found].any()


COUNT = "expected a word and 3 numbers between single blanks, found"


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("moon 1 2", f"{COUNT} 2"),
        ("moon 1 2 3 4", f"{COUNT} 4"),
        ("", "blank, expected a word and 3 numbers"),
        ("windows 95 1 2 3", f"{COUNT} 4 in b'windows 95 1 2 3'"),
        ("moon 1 2 3\rsun 1 2 3", f"{COUNT} 6"),
        ("moon 1 2 3sun 1 2 3", f"{COUNT} 6"),
        (" moon 1 2 3", f"{COUNT} 4"),
        (" moon 1 2", "not all numbers"),
        ("moon  1 2 3", f"{COUNT} 4"),
        ("moon 1 2 x", "not all numbers"),
        ("moon 1 2 ", f"{COUNT} 2"),
        ("moon" * 300_000, "more than 1,048,576 bytes without a line feed"),
        ("moon 1 2\t3 4", "not all numbers"),
        ("moon 1 2 nan", "a number is not finite"),
        ("moon 1e39 2 3", "a number is not finite"),
        ("new york 1 2 inf", "a number is not finite"),
    ],
)
def test_a_bad_line_is_refused_with_its_number(path, line, what):
    assert refused(path, f"sun 1 2 3\n{line}\nmars 1 2 3\n").startswith(f", line 2: {what}")


@pytest.mark.parametrize(
    ("start", "what"),
    [
        (b"4 300\nmoon 1 2 3\n", "vectors of 300 numbers, but vectors.dimension is 3"),
        (b"moon 1 2\nsun 3 4\n", f"{COUNT} 2 in b'moon 1 2'"),
        (b"<!doctype html>\n<title>", f"{COUNT} 1 in b'<!doctype html>'"),
        (b"2 3\n</s> \x1b\x9c@\x80\x12\x34\xbf\n", f"{COUNT} 1 in b'</s> "),  # word2vec's binary format
        (bz2.compress(b"moon 1 2 3\n" * 4000), f"{COUNT} 0 in b'BZh9"),
    ],
)
def test_a_file_that_has_no_vectors_is_refused_at_its_start(start, what):
    with pytest.raises(InputError, match=rf"own.vec, line [12]: {re.escape(what)}"):
        check_start(start, "own.vec", 3)


def test_words_with_blanks_as_in_glove_840b_are_skipped(path):
    text = ". . . 1 2 3\nat name@domain.com 1 2 3\nmoon 4 5 6\n"
    vectors, found = read(path, text, ["moon", "at", "."])
    assert vectors.tolist() == [[4, 5, 6], [0, 0, 0], [0, 0, 0]] and found.tolist() == [True, False, False]


def test_an_empty_or_damaged_file_is_refused(path):
    assert refused(path, "") == ": empty, expected a word and 3 numbers per line"
    whole = gzip.compress(b"moon 1 2 3\n" * 100)
    for bad in (whole[:-1], whole[:30], whole[:30] + b"\0" + whole[31:], b"moon 1 2 3\n"):
        path.write_bytes(bad)
        with pytest.raises(InputError, match="vectors.txt.gz: not a gzip file, or damaged: "):
            read_vectors(path, ["moon"], 3)


def test_coverage_by_hand():
    found, counts = np.array([True, False, True, True]), np.array([5, 3, 1, 1])
    assert coverage(found, counts, 2) == {"types": 2, "found": 1, "type_coverage": 0.5, "token_coverage": 0.625}
    assert coverage(found, counts, 9) == {"types": 4, "found": 3, "type_coverage": 0.75, "token_coverage": 0.7}


def test_an_embedding_is_initialized_with_the_vectors_found():
    vectors = np.arange(6, dtype=np.float32).reshape(3, 2) + 1
    weights = initialize_embedding(vectors, np.array([True, False, True]), seed=3)
    assert weights.shape == (5, 2) and weights.dtype == np.float32
    assert weights[[PAD, 2, 4]].tolist() == [[0, 0], [1, 2], [5, 6]]
    many = initialize_embedding(np.zeros((4_000, 50), np.float32), np.zeros(4_000, bool), seed=3)[UNKNOWN:]
    assert -0.25 <= many.min() < -0.2499 and 0.2499 < many.max() <= 0.25 and abs(many.mean()) < 0.002
