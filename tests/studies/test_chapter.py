"""The chapter exactly: text, networks, coverage and a training step, compared with the chapter's own code."""

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch
from benchmarks import chapter
from hypothesis import given
from hypothesis import strategies as st
from studies.in_memory import make_network
from tests.words import split_with
from torch import nn
from torchinfo import summary

from sarcasm.base.params import read_params
from sarcasm.network.dataset import HeadlineDataset
from sarcasm.network.model import HeadlineClassifier
from sarcasm.network.trainer import Trainer
from sarcasm.text.encoded import Encoded
from sarcasm.text.tokenizers import END, TOKENIZERS, Tokenizer
from sarcasm.text.vocabulary import PAD, UNKNOWN, count_words, encode, make_vocabulary, tokenize
from sarcasm.vectors.glove import coverage, initialize_embedding

ROOT = Path(__file__).parents[2]
REAL = ROOT.parent / "shared/data"
BOOK = read_params(ROOT / "configs/book.yaml", ROOT / "params.yaml")

# parameters, trainable parameters, multiply-adds of a padded batch of 32, as the chapter prints them
PRINTED = {
    "bi_lstm": (21_537, 21_537, 17.72),
    "stacked_lstm": (35_745, 35_745, 56.37),
    "stacked_lstm_dropout": (35_745, 35_745, 56.37),
    "glove_lstm": (406_817, 6_817, 25.34),
    "glove_lstm_finetuned": (406_817, 406_817, 25.34),
}


def real_headlines(version: int) -> list[str]:
    path = REAL / f"Sarcasm_Headlines_Dataset_v{version}.json"
    if not path.exists():
        pytest.skip(f"needs the real headlines in {REAL.relative_to(ROOT.parent)}/{path.name}")
    return [json.loads(line)["headline"] for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.mark.filterwarnings("ignore::bs4.MarkupResemblesLocatorWarning", "ignore::bs4.XMLParsedAsHTMLWarning")
class TestText:
    pieces = st.one_of(
        st.sampled_from(
            [
                "<b>",
                "</b>",
                "<a href='x'>",
                "<br/>",
                "<!-- c -->",
                "&amp;",
                "&eacute;",
                "&#39;",
                "&nbsp;",
                "&lt;b&gt;",
                "&",
            ]
            + [" ", "  ", "\t", "\u00a0", "\u2003", "\x1c", "\x85", "\r", "\n", "\u2028", ",", ".", "-", "/", "don't"]
            + ["the", "The", "1,234.5", "٣", "İ", "ΑΣ", "ß", "’", "“x”", "_", "it's", "<", ">", "A&B", "(x)", "u.s."]
        ),
        st.text(st.characters(exclude_categories=["Cs"]), max_size=6),
    )
    headlines = st.lists(
        st.lists(pieces, max_size=12).map("".join).filter(lambda text: "<!" not in text), min_size=1, max_size=6
    )

    @given(headlines)
    def test_tokens_equal_the_chapters_on_any_text(self, headlines: list[str]) -> None:
        slow = [text.replace(END, " ") for text in headlines]  # an END in a headline is a blank
        assert split_with("stripped", headlines) == [chapter.stripped(text) for text in slow]
        assert split_with("glove", headlines) == [chapter.glove(text) for text in slow]

    @pytest.mark.slow
    @pytest.mark.parametrize("version", [1, 2])
    def test_tokens_equal_the_chapters_on_the_real_headlines(self, version: int) -> None:
        headlines = real_headlines(version)
        assert split_with("stripped", headlines) == [chapter.stripped(text) for text in headlines]
        assert split_with("glove", headlines) == [chapter.glove(text) for text in headlines]


def test_cleaning_by_hand() -> None:
    headline = "The <b>'Roseanne'</b> revival - U.S./UK &amp; 1,234 don't ... up"
    # blanks are inserted before tags are stripped, so `</b>` becomes text; `dont` is not a stop word
    assert split_with("stripped", [headline]) == [["roseanne", "b", "revival", "u", "s", "uk", "1", "234", "dont"]]
    assert split_with("glove", [headline]) == [["roseanne", "b", "revival", "u", "s", "uk", "0", "000", "dont"]]


def test_full_glove_vocabulary_of_the_first_20000_headlines() -> None:
    tokens = tokenize(real_headlines(1)[:20_000], TOKENIZERS["glove"])
    assert len(count_words(tokens, 20_000)[0]) == 22_457


SPLIT_AT_BLANKS = Tokenizer(lambda headlines: f" {END} ".join([*headlines, ""]).split(), stop_words=frozenset("xyz"))


def test_vocabulary_by_hand() -> None:
    tokens = tokenize(["b y a b", "c a", "x d d d d z"], SPLIT_AT_BLANKS)
    words, counts = count_words(tokens, headlines=2)  # the third headline is not for training
    assert (words, counts.tolist()) == (["b", "a", "c"], [2, 2, 1])  # in a tie the first to appear comes first
    vocabulary = make_vocabulary(words, size=4)
    assert vocabulary == {"<pad>": PAD, "<unk>": UNKNOWN, "b": 2, "a": 3}
    ids, lengths = encode(tokens, vocabulary, max_length=2)
    assert ids.tolist() == [2, 3, UNKNOWN, 3, UNKNOWN, UNKNOWN]
    assert lengths.tolist() == [2, 2, 2]
    headlines = HeadlineDataset(Encoded(ids, lengths, np.array([0, 1, 0])), max_length=3)
    ((padded, _, _),) = headlines.batches(3, bucketed=False)
    assert padded.tolist() == [
        [2, 3, PAD],
        [UNKNOWN, 3, PAD],
        [UNKNOWN, UNKNOWN, PAD],
    ]


@given(st.lists(st.lists(st.sampled_from("abcdef")), min_size=1), st.integers(3, 8))
def test_vocabulary_equals_a_counter(headlines: list[list[str]], size: int) -> None:
    tokens = tokenize([" ".join(words) for words in headlines], SPLIT_AT_BLANKS, chunk=2)
    words, counts = count_words(tokens, len(headlines))
    most_common = Counter(word for words in headlines for word in words).most_common()
    assert list(zip(words, counts.tolist(), strict=True)) == most_common
    id_of = {word: place for place, (word, _) in enumerate(most_common[: size - 2], start=2)}
    ids, _ = encode(tokens, make_vocabulary(words, size), max_length=99)
    assert ids.tolist() == [id_of.get(word, UNKNOWN) for words in headlines for word in words]


@pytest.mark.parametrize("name", PRINTED)
def test_parameters_and_multiply_adds_as_printed(name: str) -> None:
    parameters, trainable, millions = PRINTED[name]
    length = getattr(BOOK.vocabularies, BOOK.vocabulary_of(name)).max_length
    ids = torch.zeros(BOOK.train.batch_size, length, dtype=torch.int32)
    statistics = summary(make_network(BOOK, name), input_data=ids, verbose=0)
    assert (statistics.total_params, statistics.trainable_params) == (parameters, trainable)
    assert round(statistics.total_mult_adds / 1e6, 2) == millions


def test_parameters_by_layer() -> None:
    def count(module: nn.Module | None) -> int:
        assert module is not None
        return sum(parameter.numel() for parameter in module.parameters())

    one, two, frozen = (make_network(BOOK, name) for name in ("bi_lstm", "stacked_lstm", "glove_lstm"))
    assert count(one.embedding) == 14_000
    assert count(one.recurrent) == 6_336
    assert count(two.recurrent) == 6_336 + 14_208
    assert (count(one.linear), count(one.output)) == (1_176, 25)
    assert count(frozen.recurrent) == 6_528
    assert (count(frozen.linear), count(frozen.output)) == (272, 17)


def test_coverage_by_hand() -> None:
    found, counts = np.array([True, False, True, True]), np.array([5, 3, 1, 1])
    assert coverage(found, counts, 2) == {"types": 2, "found": 1, "type_coverage": 0.5, "token_coverage": 0.625}
    assert coverage(found, counts, 9) == {"types": 4, "found": 3, "type_coverage": 0.75, "token_coverage": 0.7}


def test_initialization_of_the_embedding() -> None:
    vectors = np.arange(6, dtype=np.float32).reshape(3, 2) + 1
    matrix = initialize_embedding(vectors, np.array([True, False, True]), seed=3)
    assert matrix.shape == (5, 2) and matrix.dtype == np.float32
    assert matrix[PAD].tolist() == [0, 0]
    assert matrix[2].tolist() == [1, 2] and matrix[4].tolist() == [5, 6]
    many = initialize_embedding(np.zeros((4_000, 50), np.float32), np.zeros(4_000, bool), seed=3)[UNKNOWN:]
    assert -0.25 <= many.min() < -0.2499 and 0.2499 < many.max() <= 0.25
    assert abs(many.mean()) < 0.002 and abs(many.std() - 0.5 / np.sqrt(12)) < 0.002


def copy_weights(theirs: chapter.Network, ours: HeadlineClassifier) -> None:
    """Copy the weights of our network to the chapter's."""
    assert ours.recurrent is not None
    theirs.embedding.load_state_dict(ours.embedding.state_dict())
    theirs.linear.load_state_dict(ours.linear.state_dict())
    theirs.output.load_state_dict(ours.output.state_dict())
    for layer, lstm in enumerate(theirs.lstms):
        weights = ours.recurrent.state_dict()
        lstm.load_state_dict({key: weights[key.replace("_l0", f"_l{layer}")] for key in lstm.state_dict()})


def test_one_training_step_equals_the_chapters() -> None:
    torch.manual_seed(5)
    generator = np.random.default_rng(5)
    lengths = generator.integers(0, 20, size=32)
    ids = generator.integers(1, 2000, size=lengths.sum(), dtype=np.int32)
    headlines = HeadlineDataset(Encoded(ids, lengths, generator.integers(0, 2, 32)), 85)
    ours, theirs = make_network(BOOK, "stacked_lstm"), chapter.make_network("stacked_lstm")
    copy_weights(theirs, ours)
    trainer = Trainer(
        ours, BOOK.recipe("stacked_lstm")._replace(learning_rate=0.001), seed=1
    )  # padded, batches of 32: one step per epoch
    epoch = trainer.run_epoch(headlines, headlines)

    optimizer = torch.optim.Adam(theirs.parameters(), lr=0.001, betas=(0.9, 0.999), amsgrad=False)
    loss = nn.BCELoss()(theirs(next(headlines.batches(32, bucketed=False)).ids), headlines.labels)
    loss.backward()
    optimizer.step()

    assert epoch.train_loss == pytest.approx(loss.item(), abs=1e-6)
    theirs_after, ours_as_theirs = theirs.state_dict(), chapter.make_network("stacked_lstm")
    copy_weights(ours_as_theirs, ours)
    for key, value in ours_as_theirs.state_dict().items():
        torch.testing.assert_close(value, theirs_after[key], rtol=0, atol=1e-6)
