"""The classifier of the report, in JavaScript, compared with Python's: every cell, tokenizer and setting."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
import torch
from tests.project import ROOT

from prepare_page import pack
from sarcasm.network.baseline import SavedBaseline
from sarcasm.network.model import HeadlineClassifier
from sarcasm.network.saved_model import SavedModel
from sarcasm.text.corpus import read_headlines
from sarcasm.text.tokenizers import STOP_WORDS, TOKENIZERS
from sarcasm.text.vocabulary import SPECIAL, tokenize

pytestmark = pytest.mark.slow

ODD = [
    "",
    " ",
    "\0",
    "a\0b",
    "\u00a0\u2003\x1c\x85 blanks",
    "don't can't won't n't 'twas he's they'll '90s rock'n'roll",
    "cafe\u0301 caf\u00e9 CAF\u00c9",
    "\u0130stanbul ΟΔΟΣ Straße ﬁne",
    "e" + "\u0301" * 1200,
    "新聞 見出し 한국어 العربية हिन्दी",
    "😀 headline 👩‍👩‍👧 \U0001d400",
    "snake_case _ __ a_b",
    "1,234.5 ½ ² ٣ Ⅷ 2024-11-27",
    "\ud800 lone \udfff surrogates",
    "a < b & c > d",
    "<b>bold</b> &amp; &eacute;&#39;s",
    "AT&T <i>x",
    "<!-- note --> seen",
    "<script>x</script>y",
    "&lt;b&gt; x",
    "<" * 30 + "x" * 300,
    "a<br>b</p>c",
    "R&D",
    "it’s ‘quoted’ “so” – really—yes…",
    "-/.,;:!?()[]{}@#$%^&*+=~`|\\\"'",
    "the of and",
    "UPPER lower MiXeD",
    "word " * 500,
    "a\tb\nc\rd",
    "x" * 2000,
]


@pytest.fixture(scope="module")
def headlines() -> list[str]:
    bundled = [headline.text for headline in read_headlines(ROOT / "data/bundled/headlines.jsonl")]
    return ODD + bundled[-(300 - len(ODD)) :]


@pytest.fixture
def page(browser):
    with browser.new_page() as page:
        page.add_script_tag(path=ROOT / "stages/sarcasm/results/page/classifier.js")
        yield page


def vocabulary(headlines: list[str], tokenizer: str) -> list[str]:
    """Return two thirds of the words, so that the others are unknown."""
    words = list(tokenize(headlines, TOKENIZERS[tokenizer]).words)
    return [*SPECIAL, *(word for number, word in enumerate(words) if number % 3)]


def make_model(
    headlines: list[str], tokenizer: str, bucketed: bool = True, rounded: bool = True, **settings
) -> SavedModel:
    """Make a network with random weights; rounded to float16 they are the same in the page."""
    words = vocabulary(headlines, tokenizer)
    network = {
        **{"vocabulary_size": len(words), "embedding_dimension": 7, "cell": "lstm", "layers": 1, "bidirectional": True},
        **{"hidden_size": 5, "dropout": dict.fromkeys(("embedding", "inter_layer", "rnn_output", "linear"), 0.5)},
        **settings,
    }
    torch.manual_seed(0)
    shapes = {name: weight.shape for name, weight in HeadlineClassifier(**network).state_dict().items()}
    weights = {name: torch.randn(shape).mul(0.7) for name, shape in shapes.items()}
    if rounded:
        weights = {name: weight.half().float() for name, weight in weights.items()}
    model = SavedModel("network", network, tokenizer, words, 60, bucketed, ["no", "yes"], weights)
    logits = torch.from_numpy(model.classify(headlines).probabilities).double().logit()
    weights["output.bias"] -= logits.mean()  # so that the probabilities differ much, around 0.5
    for name in ("output.weight", "output.bias"):
        weights[name] /= logits.std()
        weights[name] = weights[name].half().float() if rounded else weights[name]
    return replace(model, weights=weights)


def in_page(page, model, headlines: list[str], function: str) -> list:
    """Call a JavaScript function of a model and the words of each headline."""
    packed = pack(model)
    shared = {"words": packed.pop("vocabulary", [])}
    script = f"""([model, vocabularies, stopWords, headlines]) => {{
        const loaded = loadModel(model, vocabularies, stopWords);
        return headlines.map((headline) => ({function})(loaded, tokenize(loaded, headline)));
    }}"""
    return page.evaluate(script, [packed | {"vocabulary": "words"}, shared, sorted(STOP_WORDS), headlines])


def assert_same_probabilities(page, model, headlines):
    expected = model.classify(headlines).probabilities
    found = 1 / (1 + np.exp(-np.array(in_page(page, model, headlines, "logit"))))
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-4)
    assert expected.std() > 0.05


@pytest.mark.parametrize("tokenizer", TOKENIZERS)
def test_the_words_are_those_of_the_tokenizer(page, headlines, tokenizer):
    model = make_model(headlines, tokenizer)
    found = in_page(page, model, headlines, "(model, words) => words")
    tokens = tokenize(headlines, TOKENIZERS[tokenizer])
    words = np.array(list(tokens.words), dtype=object)[tokens.indexes].tolist()
    expected = iter(words)
    assert found == [list(itertools.islice(expected, length)) for length in tokens.lengths]


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn"])
@pytest.mark.parametrize("tokenizer", TOKENIZERS)
def test_networks_of_each_cell_have_the_same_probabilities(page, headlines, cell, tokenizer):
    for layers, bidirectional in [(0, False), (1, False), (1, True), (2, True)]:
        model = make_model(headlines, tokenizer, cell=cell, layers=layers, bidirectional=bidirectional)
        assert_same_probabilities(page, model, headlines)


def test_padding_extra_vectors_and_the_wide_path(page, headlines):
    for settings in ({"bucketed": False}, {"extra_dimension": 3}, {"wide": {"buckets": 97, "dropout": 0.5}}):
        assert_same_probabilities(page, make_model(headlines, "full", **settings), headlines)
    settings = {"bucketed": False, "extra_dimension": 3, "wide": {"buckets": 97, "dropout": 0.5}}
    assert_same_probabilities(page, make_model(headlines, "full", **settings), headlines)


@pytest.mark.parametrize("tokenizer", ["stripped", "full"])
def test_the_baseline_has_the_same_probabilities(page, headlines, tokenizer):
    words = vocabulary(headlines, tokenizer)
    features = [*words[2:], *(f"{first} {second}" for first, second in itertools.pairwise(words[2:]))]
    shape = len(features)
    weights = {
        "idf": torch.rand(shape).add(1).half().double(),
        "coefficients": torch.randn(shape).mul(2).half().double(),
        "intercept": torch.tensor([0.25], dtype=torch.float64),
    }
    model = SavedBaseline("tfidf", tokenizer, 2, features, ["no", "yes"], weights)
    assert_same_probabilities(page, model, headlines)


def test_importance_and_unknown_words(page, headlines):
    model = make_model(headlines, "full", wide={"buckets": 97, "dropout": 0.5})
    for headline in [*headlines[-20:], "word " * 70]:
        (found,) = in_page(page, model, [headline], "explain")
        expected = model.word_importance(headline)
        assert [part["word"] for part in found] == [word for word, _ in expected]
        np.testing.assert_allclose([part["importance"] for part in found], [value for _, value in expected], atol=1e-4)
        unknown = [part["word"] for part in found if not part["known"]]
        assert list(dict.fromkeys(unknown)) == model.classify([headline]).unknown[0]


def test_rounding_to_float16_changes_a_probability_by_less_than_a_hundredth(page, headlines):
    for layers in (0, 1, 2):
        model = make_model(headlines, "full", rounded=False, layers=layers)
        found = 1 / (1 + np.exp(-np.array(in_page(page, model, headlines, "logit"))))
        difference = np.abs(found - model.classify(headlines).probabilities)
        assert 0 < difference.max() < 1e-2
