"""A trained model in one file, with everything needed to classify a headline."""

import io
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from sarcasm.base.command import InputError
from sarcasm.base.files import read_checksummed, write_checksummed
from sarcasm.network.dataset import HeadlineDataset
from sarcasm.network.model import HeadlineClassifier, count_parameters
from sarcasm.network.trainer import predict
from sarcasm.text.encoded import Encoded
from sarcasm.text.tokenizers import TOKENIZERS
from sarcasm.text.vocabulary import Tokens, encode, tokenize, unknown_words

MAX_LENGTH = 10_000  # tokens, as in params.yaml


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

    def probabilities(self, headlines: Sequence[str]) -> np.ndarray:
        """Return the probability of the positive class of each headline, float32 (headlines,)."""
        return self.classify(headlines).probabilities

    def classify(self, headlines: Sequence[str]) -> Classified:
        """Classify headlines, preprocessed like the training headlines."""
        tokens = self._tokenize(headlines)
        ids, lengths = encode(tokens, self.vocabulary, self.max_length)
        return Classified(self._predict(ids, lengths), unknown_words(tokens, self.vocabulary))

    def word_importance(self, headline: str) -> list[tuple[str, float]]:
        """Return each word of the truncated headline with its leave-one-out importance.

        That is the probability of the headline minus the probability without the word.
        """
        tokens = self._tokenize([headline])
        # one word more than max_length: it moves up when an earlier word is left out
        ids, lengths = encode(tokens, self.vocabulary, self.max_length + 1)
        present, read = len(ids), min(len(ids), self.max_length)
        shortened = np.tile(ids, (read, 1))[~np.eye(read, present, dtype=bool)]
        whole = self._predict(ids[:read], np.array([read]))
        without = self._predict(shortened, np.full(read, present - 1))
        words = list(tokens.words)
        return list(zip((words[index] for index in tokens.indexes[:read]), (whole - without).tolist(), strict=True))

    def _tokenize(self, headlines: Sequence[str]) -> Tokens:
        return tokenize(headlines, TOKENIZERS[self.tokenizer])

    def _predict(self, ids: np.ndarray, lengths: np.ndarray) -> np.ndarray:
        """Return the probabilities, float32 (headlines,), of headlines of `lengths`, int64 (headlines,)."""
        headlines = HeadlineDataset(Encoded(ids, lengths, np.zeros(len(lengths))), self.max_length)
        probabilities: np.ndarray = predict(self.classifier, headlines, self.bucketed).sigmoid().numpy()
        if not np.isfinite(probabilities).all():
            raise InputError(f"model {self.variant}: a probability is not a number, as its weights are too large")
        return probabilities


def save_model(path: Path, model: SavedModel) -> None:
    """Write the model; equal models give equal bytes."""
    buffer = io.BytesIO()  # given a path, torch.save would store the name of the file
    # JSON, as pickle's bytes depend on whether two equal strings are one object
    settings = json.dumps(asdict(replace(model, weights={})), ensure_ascii=False)
    torch.save({"settings": settings, "weights": model.weights}, buffer)
    write_checksummed(path, buffer.getvalue())


def load_model(path: Path) -> SavedModel:
    """Read what `save_model` wrote. Raises InputError, naming the file, if it is missing, damaged or something else."""
    try:
        data = read_checksummed(path)  # torch.load by itself does not detect a flipped bit
        if data is None:
            raise InputError(f"{path}: damaged, or not a model of this project; `dvc repro` trains it")
        saved = torch.load(io.BytesIO(data), weights_only=True, map_location="cpu")
        model = SavedModel(**json.loads(saved["settings"]) | {"weights": saved["weights"]})
        _check(model)
        return model
    except FileNotFoundError:
        raise InputError(f"{path}: no such model; `dvc repro` trains it") from None
    except (InputError, OSError):
        raise
    except Exception as error:  # a file with a checksum may have any content, and torch any error for it
        raise InputError(f"{path}: not a model of this project: {error!r:.200}") from error


def _check(model: SavedModel) -> None:
    """Raise an exception if the model cannot classify, or needs much more memory than its file."""
    weights, network = model.weights.values(), model.network
    if not all(weight.is_contiguous() and weight.isfinite().all() for weight in weights):
        raise ValueError("weights are not finite, or not all in the file")
    expected, found = count_parameters(network), sum(weight.numel() for weight in weights)
    if expected != found:  # otherwise the settings alone could take all memory
        raise ValueError(f"{found:,} weights, expected {expected:,} for its settings")
    if not 1 <= model.max_length <= MAX_LENGTH:
        raise ValueError(f"max_length {model.max_length}, expected 1 to {MAX_LENGTH:,}")
    if len(model.classes) != 2 or not all(name.isprintable() for name in model.classes):
        raise ValueError("expected two class names of printable characters")
    model.classify(["a headline"])
