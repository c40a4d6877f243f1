"""The baseline compared with scikit-learn, and by hand."""

from math import sqrt

import numpy as np
import pytest
import torch
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from sarcasm.network.baseline import SavedBaseline, split_ngrams, split_words

HEADLINES = ["area man wins", "man wins man", "senate votes on budget", "budget votes", "area budget wins"]
LABELS = [1, 1, 0, 0, 1]


def baseline(features, idf, coefficients, intercept, ngrams=2):
    weights = {"idf": idf, "coefficients": coefficients, "intercept": [intercept]}
    tensors = {name: torch.tensor(np.asarray(values), dtype=torch.float64) for name, values in weights.items()}
    return SavedBaseline("tfidf", "full", ngrams, features, ["no", "yes"], tensors)


def test_ngrams_of_up_to_three_words():
    assert split_ngrams(["a", "b", "c"], 3) == ["a", "b", "c", "a b", "b c", "a b c"]
    assert split_ngrams([], 2) == []


def test_words_of_each_headline():
    assert split_words(["Man wins!", "", "it's"], "full") == [["man", "wins", "!"], [], ["it", "'s"]]


def test_probabilities_equal_those_of_scikit_learn():
    vectorizer = TfidfVectorizer(analyzer=lambda words: split_ngrams(words, 2))
    x = vectorizer.fit_transform(split_words(HEADLINES, "full"))
    regression = LogisticRegression(C=3).fit(x, LABELS)
    features = vectorizer.get_feature_names_out().tolist()
    model = baseline(features, vectorizer.idf_, regression.coef_[0], regression.intercept_[0])
    texts = [*HEADLINES, "an unknown man", "nothing known here", ""]
    expected = regression.predict_proba(vectorizer.transform(split_words(texts, "full")))[:, 1]
    np.testing.assert_allclose(model(texts), expected, rtol=1e-6)
    assert model.classify(["an unknown man"]).unknown == [["an", "unknown"]]


def test_importance_is_the_logit_minus_that_without_the_word():
    model = baseline(["man", "wins"], [1, 1], [3, -1], 5, ngrams=1)
    logit = (3 - 1) / sqrt(2) + 5  # the two tf-idf values are normalized to length 1
    assert model.word_importance("man wins") == [
        ("man", pytest.approx(logit - (-1 + 5))),
        ("wins", pytest.approx(logit - (3 + 5))),
    ]
