"""Any file of vectors gives those of the requested words, or an error of one line that names file and line."""

import gzip
import re

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.edits import EDITS, edited

from sarcasm.base.command import InputError
from sarcasm.vectors import glove
from sarcasm.vectors.glove import initialize_embedding, read_vectors, read_words

WORDS = st.text(st.characters(exclude_characters=" \n", exclude_categories=["Cs"]), min_size=1, max_size=4)
NUMBERS = st.tuples(*[st.floats(width=32, allow_nan=False, allow_infinity=False)] * 3)
LINES = st.lists(st.tuples(WORDS | st.just("moon"), NUMBERS), min_size=1, max_size=8)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("vectors") / "glove.txt.gz"


def read(path, text, words, dimension=3):
    path.write_bytes(gzip.compress(text if isinstance(text, bytes) else text.encode()))
    return read_vectors(path, words, dimension)


def refused(path, text, words=("moon",), dimension=3):
    with pytest.raises(InputError) as error:
        read(path, text, words, dimension)
    return str(error.value).removeprefix(f"{path.parent}/")


@given(
    lines=LINES, end=st.sampled_from(["\n", "\r\n"]), last=st.booleans(), bom=st.booleans(), chunk=st.integers(1, 40)
)
@example([("moon", (1.0, 2.0, 3.0)), ("moon", (4.0, 5.0, 6.0))], "\r\n", False, True, 1)
@example(
    [("a\rb", (1.0, 2.0, 3.0)), ("\ufeff", (2.0**126, 2.0**-149, -0.0)), ("1", (7.0, 8.0, 9.0))], "\n", True, True, 3
)
def test_every_word_gets_its_first_vector(path, lines, end, last, bom, chunk):
    text = end.join(" ".join([word, *map(repr, vector)]) for word, vector in lines) + end * last
    expected = dict(reversed(lines))
    wanted = [*expected, "absent"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(glove, "CHUNK", chunk)
        vectors, found = read(path, "\ufeff" * bom + text, wanted)
    assert found.tolist() == [True] * len(expected) + [False]
    assert vectors.tolist() == [*map(list, expected.values()), [0, 0, 0]]


@given(lines=LINES, edits=EDITS)
@example([("moon", (1.0, 2.0, 3.0))], [(4, 1, b"\t")])
@example([("moon", (1.0, 2.0, 3.0))], [(5, 3, b"")])
def test_a_file_with_faults_is_read_or_refused_in_one_line(path, lines, edits):
    text = edited("".join(" ".join([word, *map(repr, vector)]) + "\n" for word, vector in lines).encode(), edits)
    try:
        vectors, found = read(path, text, ["moon"])
    except InputError as error:
        assert re.match(r"\S+/glove.txt.gz(, line \d+)?: \S", str(error))
        return
    assert np.isfinite(vectors).all()
    text = text.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n")
    fields = [line.split(b" ") for line in text.split(b"\n")]
    first = next((row[1:] for row in fields if row[0] == b"moon" and len(row) == 4), None)
    assert vectors[0].tolist() == ([0] * 3 if first is None else np.float32([float(x) for x in first]).tolist())


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("moon 1 2", "expected a word and 3 numbers, found 2"),
        ("moon 1 2 3 4", "expected a word and 3 numbers, found 4"),
        ("moon", "expected a word and 3 numbers, found 0"),
        ("", "expected a word and 3 numbers, found 0"),
        ("moon 1 2 x", "not all numbers"),
        ("moon 1 2 ", "not all numbers"),
        ("moon  1 2", "not all numbers"),
        ("moon 1 2\t3 4", "not all numbers"),
        ("moon 1 2\r3 4", "not all numbers"),
        ("moon 1 2\0 4", "not all numbers"),
        ("moon 1 2 nan", "a number is not finite"),
        ("moon -inf 2 3", "a number is not finite"),
        ("moon 1e39 2 3", "a number is not finite"),
    ],
)
def test_a_bad_line_is_refused_with_its_number(path, line, what):
    assert refused(path, f"sun 1 2 3\n{line}\nmars 1 2 3\n").startswith(f"glove.txt.gz, line 2: {what}")


def test_a_single_number_is_not_broadcast(path):
    assert "line 1: not all numbers" in refused(path, "moon 1 \n", dimension=2)


def test_words_with_blanks_are_skipped(path):
    text = ". . . 1 2 3\nat name@domain.com 1 2 3\nmoon 4 5 6\n"
    vectors, found = read(path, text, ["moon", "at", "."])
    assert vectors.tolist() == [[4, 5, 6], [0, 0, 0], [0, 0, 0]] and found.tolist() == [True, False, False]
    assert "line 1: " in refused(path, "at name 1 2 x\n")


def test_another_dimension_is_refused_at_the_first_line(path):
    assert (
        refused(path, "moon 1 2 3\n", dimension=50) == "glove.txt.gz, line 1: expected a word and 50 numbers, found 3"
    )


def test_an_empty_or_truncated_file_is_refused(path):
    assert refused(path, "").startswith("glove.txt.gz: empty")
    whole = gzip.compress(b"moon 1 2 3\n" * 100)
    for place in range(1, len(whole), 3):
        for bad in (whole[:place], whole[:place] + bytes([whole[place] ^ 255]) + whole[place + 1 :]):
            path.write_bytes(bad)
            try:
                vectors, _ = read_vectors(path, ["moon"], 3)
            except InputError as error:
                assert "glove.txt.gz" in str(error)
            else:
                assert vectors.tolist() == [[1, 2, 3]]  # the header's date, name and system do not matter


def test_the_first_words_of_the_file(path):
    path.write_bytes(gzip.compress(b"moon 1 2\nsun 3 4\r\nmoon 5 6\nstar 7 8\n"))
    assert [read_words(path, count) for count in (0, 2, 9)] == [[], ["moon", "sun"], ["moon", "sun", "star"]]


def test_an_embedding_is_initialized_with_the_vectors_found(path):
    vectors, found = read(path, "moon 1 2 3\n", ["sun", "moon"])
    matrix = initialize_embedding(vectors, found, seed=1)
    assert matrix[0].tolist() == [0, 0, 0] and matrix[3].tolist() == [1, 2, 3]
    assert (abs(matrix[1:3]) <= 0.25).all() and (matrix == initialize_embedding(vectors, found, seed=1)).all()
