"""The most frequent words, and headlines as rows of ids; ties are counted by tokenize_corpus.py."""

from sarcasm.vocabulary import (
    PAD,
    UNKNOWN,
    encode,
    make_vocabulary,
    read_counts,
    read_words,
    write_counts,
    write_words,
)

import numpy as np


def test_a_vocabulary_of_size_4_keeps_two_words():
    assert make_vocabulary(["moon", "sun", "star"], 4) == {"<pad>": PAD, "<unk>": UNKNOWN, "moon": 2, "sun": 3}
    assert make_vocabulary(["moon"], 1000) == {"<pad>": 0, "<unk>": 1, "moon": 2}


def test_headlines_are_cut_and_padded_at_the_end():
    headlines = [["sun", "moon"], ["moon", "star", "sun", "sun"], [], ["moon"] * 10_000]
    ids = encode(headlines, {"<pad>": 0, "<unk>": 1, "moon": 2, "sun": 3}, 3)
    assert ids.tolist() == [[3, 2, PAD], [2, UNKNOWN, 3], [PAD] * 3, [2] * 3] and ids.dtype == np.int32
    assert encode([], {}, 3).shape == (0, 3)


def test_words_and_counts_come_back_from_their_files(tmp_path):
    counts = {"moon": 3, "caf\xe9": 2, "\x00": 1, "<": 1}
    write_words(tmp_path / "words", counts)
    write_counts(tmp_path / "counts", counts)
    assert (tmp_path / "counts").read_bytes().startswith(b"moon\t3\ncaf\xc3\xa9\t2\n")
    assert read_words(tmp_path / "words") == [*counts]
    assert list(read_counts(tmp_path / "counts").items()) == list(counts.items())
