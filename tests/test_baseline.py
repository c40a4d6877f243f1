"""The baseline compared with scikit-learn, and by hand."""

from math import exp, sqrt

from sarcasm.baseline import SavedBaseline, split_ngrams
from sarcasm.tokenizers import full

import numpy as np
import pytest
import torch
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

HEADLINES = ["area man wins", "man wins man", "senate votes on budget", "budget votes", "area budget wins"]
LABELS = [1, 1, 0, 0, 1]


def baseline(vocabulary, idf, coefficients, intercept, ngrams):
    weights = {"idf": idf, "coefficients": coefficients, "intercept": [intercept]}
    tensors = {name: torch.tensor(np.asarray(values), dtype=torch.float64) for name, values in weights.items()}
    return SavedBaseline("tfidf", "full", vocabulary, tensors, ngrams)


def test_ngrams_of_up_to_three_words():
    assert split_ngrams(["a", "b", "c"], 3) == ["a", "b", "c", "a b", "b c", "a b c"]
    assert split_ngrams([], 2) == []


def test_probabilities_equal_those_of_scikit_learn():
    vectorizer = TfidfVectorizer(analyzer=lambda words: split_ngrams(words, 2))
    regression = LogisticRegression(C=3).fit(vectorizer.fit_transform(map(full, HEADLINES)), LABELS)
    vocabulary = vectorizer.get_feature_names_out().tolist()
    model = baseline(vocabulary, vectorizer.idf_, regression.coef_[0], regression.intercept_[0], ngrams=2)
    texts = [*HEADLINES, "an unknown man", "nothing known here", ""]
    expected = regression.predict_proba(vectorizer.transform(map(full, texts)))[:, 1]
    np.testing.assert_allclose(model(texts), expected, rtol=1e-6)
    assert model.unknown_words("an unknown, unknown man") == ["an", "unknown", ","]


def test_a_probability_and_the_importance_of_words_by_hand():
    model = baseline(["man", "wins"], [1, 2], [3, -1], 0.5, ngrams=1)
    logit = (1 * 3 + 2 * -1) / sqrt(1**2 + 2**2) + 0.5  # tf-idf values of length 1
    assert model(["man wins"]) == pytest.approx(1 / (1 + exp(-logit)))
    importance = model.word_importance("man wins !")  # without `man` the logit is -1 + 0.5
    assert importance == [("man", pytest.approx(logit + 0.5)), ("wins", pytest.approx(logit - 3.5)), ("!", 0)]
