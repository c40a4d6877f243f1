"""The baseline, without a neural network: tf-idf of word n-grams and logistic regression."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sarcasm.saved_model import SavedModel

import numpy as np


def split_ngrams(words: Sequence[str], longest: int) -> list[str]:
    """Return the words, then all pairs of neighbours, and so on to `longest` words, joined by blanks."""
    return [
        " ".join(words[start : start + size])
        for size in range(1, longest + 1)
        for start in range(len(words) - size + 1)
    ]


@dataclass(frozen=True)
class SavedBaseline(SavedModel):
    """The trained baseline.

    ngrams: the largest number of words in an n-gram
    weights: `idf` and `coefficients`, float64 (n-grams,), and `intercept`, float64 (1,)
    """

    ngrams: int

    def logits(self, headlines: Sequence[Sequence[str]]) -> np.ndarray:
        """Return the log-odds of the positive class, float64 (headlines,)."""
        idf, coefficients, intercept = (self.weights[name].numpy() for name in ("idf", "coefficients", "intercept"))
        logits = np.empty(len(headlines))
        for place, words in enumerate(headlines):
            counts = Counter(row for x in split_ngrams(words, self.ngrams) if (row := self.ids.get(x)) is not None)
            rows = np.fromiter(counts, np.int64, len(counts))
            values = np.fromiter(counts.values(), np.float64, len(counts)) * idf[rows]
            logits[place] = values @ coefficients[rows] / max(np.linalg.norm(values), np.finfo(float).tiny)
        logits += intercept[0]
        return logits
