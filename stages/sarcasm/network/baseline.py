"""The baseline, which is not a network: tf-idf of word n-grams and logistic regression."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from torch import Tensor

from sarcasm.network.saved_model import Classified
from sarcasm.text.tokenizers import TOKENIZERS
from sarcasm.text.vocabulary import number_words, tokenize, unknown_words


def split_words(headlines: Collection[str], tokenizer: str) -> list[list[str]]:
    """Return the words of each headline."""
    tokens = tokenize(headlines, TOKENIZERS[tokenizer])
    words = np.array(list(tokens.words), dtype=object)
    return [part.tolist() for part in np.split(words[tokens.indexes], tokens.lengths.cumsum())[:-1]]


def split_ngrams(words: Sequence[str], longest: int) -> list[str]:
    """Return the words, then all pairs of neighbours, and so on to `longest` words, joined by blanks."""
    return [
        " ".join(words[start : start + size])
        for size in range(1, longest + 1)
        for start in range(len(words) - size + 1)
    ]


@dataclass(frozen=True)
class SavedBaseline:
    """The settings, n-grams and weights of the trained baseline.

    ngrams: the largest number of words in an n-gram
    features: the n-gram of each weight
    classes: the names of the labels 0 and 1
    weights: `idf` and `coefficients`, float64 (features,), and `intercept`, float64 (1,)
    """

    variant: str
    tokenizer: str
    ngrams: int
    features: list[str]
    classes: list[str]
    weights: dict[str, Tensor]

    @cached_property
    def _rows(self) -> dict[str, int]:
        return number_words(self.features)

    @cached_property
    def _arrays(self) -> dict[str, np.ndarray]:
        return {name: weight.numpy() for name, weight in self.weights.items()}

    def __call__(self, headlines: Collection[str]) -> np.ndarray:
        """Return the probability of the positive class of each headline, float32 (headlines,)."""
        probabilities: np.ndarray = 1 / (1 + np.exp(-self._predict(split_words(headlines, self.tokenizer))))
        return probabilities.astype(np.float32)

    def classify(self, headlines: Collection[str]) -> Classified:
        """Classify headlines, preprocessed like the training headlines."""
        unknown = unknown_words(tokenize(headlines, TOKENIZERS[self.tokenizer]), self._rows)
        return Classified(self(headlines), unknown)

    def word_importance(self, headline: str) -> list[tuple[str, float]]:
        """Return each word of the headline with its leave-one-out importance in log-odds, as SavedModel does."""
        (words,) = split_words([headline], self.tokenizer)
        without = [words[:place] + words[place + 1 :] for place in range(len(words))]
        whole, *others = self._predict([words, *without]).tolist()
        return [(word, whole - other) for word, other in zip(words, others, strict=True)]

    def _predict(self, headlines: Sequence[Sequence[str]]) -> np.ndarray:
        """Return the logits, float64 (headlines,), of headlines split into words."""
        logits = np.empty(len(headlines))
        for place, words in enumerate(headlines):
            counts = Counter(row for x in split_ngrams(words, self.ngrams) if (row := self._rows.get(x)) is not None)
            rows = np.fromiter(counts, np.int64, len(counts))
            values = np.fromiter(counts.values(), np.float64, len(counts)) * self._arrays["idf"][rows]
            score = values @ self._arrays["coefficients"][rows] / max(np.linalg.norm(values), np.finfo(float).tiny)
            logits[place] = score + self._arrays["intercept"][0]
        return logits
