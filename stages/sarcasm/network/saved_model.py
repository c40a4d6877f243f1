"""A trained model in one file, with everything needed to classify a headline."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from torch import Tensor

from sarcasm.base.command import InputError
from sarcasm.network.dataset import HeadlineDataset
from sarcasm.network.model import HeadlineClassifier
from sarcasm.network.trainer import predict
from sarcasm.text.encoded import Encoded
from sarcasm.text.tokenizers import TOKENIZERS
from sarcasm.text.vocabulary import Tokens, encode, number_words, tokenize, unknown_words


class Classified(NamedTuple):
    """Headlines, classified.

    probabilities: of the positive class (label 1), float32 (headlines,)
    unknown: the words of each headline that are not in the vocabulary
    """

    probabilities: np.ndarray
    unknown: list[list[str]]


@dataclass(frozen=True)
class SavedModel:
    """The settings, vocabulary and weights of one trained variant.

    network: the arguments of HeadlineClassifier
    vocabulary: the word of each id
    bucketed: trained without padding, so it predicts without padding
    classes: the names of the labels 0 and 1
    """

    variant: str
    network: dict[str, Any]
    tokenizer: str
    vocabulary: list[str]
    max_length: int
    bucketed: bool
    classes: list[str]
    weights: dict[str, Tensor]

    @cached_property
    def classifier(self) -> HeadlineClassifier:
        """The network with its trained weights. Raises InputError if weights or vocabulary do not match it."""
        if len(self.vocabulary) != self.network["vocabulary_size"]:
            raise InputError(
                f"model {self.variant}: a vocabulary of {len(self.vocabulary)} words, "
                f"expected {self.network['vocabulary_size']}"
            )
        model = HeadlineClassifier(**self.network)
        try:
            model.load_state_dict(self.weights)
        except RuntimeError as error:
            raise InputError(f"model {self.variant}: weights and settings do not match: {error}") from error
        return model

    @cached_property
    def _ids(self) -> dict[str, int]:
        return number_words(self.vocabulary)

    def __call__(self, headlines: Collection[str]) -> np.ndarray:
        """Return the probability of the positive class of each headline, float32 (headlines,)."""
        return self.classify(headlines).probabilities

    def classify(self, headlines: Collection[str]) -> Classified:
        """Classify headlines, preprocessed like the training headlines."""
        tokens = self._tokenize(headlines)
        ids, lengths = encode(tokens, self._ids, self.max_length)
        return Classified(self._predict(ids, lengths).sigmoid().numpy(), unknown_words(tokens, self._ids))

    def word_importance(self, headline: str) -> list[tuple[str, float]]:
        """Return each word of the truncated headline with its leave-one-out importance, in log-odds.

        That is the logit of the headline minus the logit without the word.
        """
        tokens = self._tokenize([headline])
        # one word more than max_length: it moves up when an earlier word is left out
        ids, lengths = encode(tokens, self._ids, self.max_length + 1)
        present, read = len(ids), min(len(ids), self.max_length)
        shortened = np.tile(ids, (read, 1))[~np.eye(read, present, dtype=bool)]
        whole = self._predict(ids[:read], np.array([read]))
        without = self._predict(shortened, np.full(read, present - 1))
        words = list(tokens.words)
        return list(zip((words[index] for index in tokens.indexes[:read]), (whole - without).tolist(), strict=True))

    def _tokenize(self, headlines: Collection[str]) -> Tokens:
        return tokenize(headlines, TOKENIZERS[self.tokenizer])

    def _predict(self, ids: np.ndarray, lengths: np.ndarray) -> Tensor:
        """Return the logits, float32 (headlines,), of headlines of `lengths`, int64 (headlines,)."""
        headlines = HeadlineDataset(Encoded(ids, lengths, np.zeros(len(lengths))), self.max_length)
        logits = predict(self.classifier, headlines, self.bucketed)
        if not logits.isfinite().all():
            raise InputError(f"model {self.variant}: a logit is not finite, as the weights are too large")
        return logits
