"""A trained model in one file, with all that it takes to judge a headline."""

import io
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from pickle import UnpicklingError
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from sarcasm.batching import Headlines
from sarcasm.errors import InputError
from sarcasm.files import read_sealed, write_sealed
from sarcasm.model import HeadlineClassifier
from sarcasm.text import TOKENIZERS, Tokens, collect, encode, unknown_words
from sarcasm.training import predict


class Judgements(NamedTuple):
    """What a model says to some headlines.

    probabilities: that each is sarcastic, float32 (headlines,)
    unknown: the words of each that the model does not know
    """

    probabilities: np.ndarray
    unknown: list[list[str]]


@dataclass(frozen=True)
class SavedModel:
    """The settings, vocabulary and weights of one trained variant.

    network: the arguments of HeadlineClassifier
    vocabulary: the word of each id
    bucketed: whether it was trained without padding, and so must be asked without
    """

    variant: str
    network: dict[str, Any]
    tokenizer: str
    vocabulary: list[str]
    max_length: int
    bucketed: bool
    weights: dict[str, Tensor]

    @cached_property
    def classifier(self) -> HeadlineClassifier:
        """The network with its trained weights, built once. Raises InputError if they or the vocabulary do not fit."""
        if len(self.vocabulary) != self.network["vocabulary_size"]:
            raise InputError(
                f"model {self.variant}: a vocabulary of {len(self.vocabulary)} words, "
                f"expected {self.network['vocabulary_size']}"
            )
        model = HeadlineClassifier(**self.network)
        try:
            model.load_state_dict(self.weights)
        except RuntimeError as error:
            raise InputError(f"model {self.variant}: weights and settings do not fit: {error}") from error
        return model

    def probabilities(self, headlines: Sequence[str]) -> np.ndarray:
        """Return the probability that each headline is sarcastic, float32 (headlines,)."""
        return self.judge(headlines).probabilities

    def judge(self, headlines: Sequence[str]) -> Judgements:
        """Judge headlines, made into ids as the training headlines were."""
        tokens = self._tokenize(headlines)
        ids, lengths = encode(tokens, self.vocabulary, self.max_length)
        return Judgements(self._ask(ids, lengths), unknown_words(tokens, self.vocabulary))

    def weights_of(self, headline: str) -> list[tuple[str, float]]:
        """Return each word that the model reads with its weight: how much it adds to the probability.

        That is the probability of the headline less that of the headline without the word.
        """
        tokens = self._tokenize([headline])
        # one word more than fits: it moves up when one before it is left out
        ids, lengths = encode(tokens, self.vocabulary, self.max_length + 1)
        present, read = len(ids), min(len(ids), self.max_length)
        shortened = np.tile(ids, (read, 1))[~np.eye(read, present, dtype=bool)]
        whole = self._ask(ids[:read], np.array([read]))
        without = self._ask(shortened, np.full(read, present - 1))
        words = list(tokens.words)
        return list(zip((words[index] for index in tokens.indexes[:read]), (whole - without).tolist(), strict=True))

    def _tokenize(self, headlines: Sequence[str]) -> Tokens:
        return collect(headlines, TOKENIZERS[self.tokenizer])

    def _ask(self, ids: np.ndarray, lengths: np.ndarray) -> np.ndarray:
        """Return the probabilities, float32 (headlines,), for ids of headlines of `lengths`, int64 (headlines,)."""
        headlines = Headlines(ids, lengths, np.zeros(len(lengths)), self.max_length)
        return predict(self.classifier, headlines, self.bucketed).sigmoid().numpy()


def save_model(path: Path, model: SavedModel) -> None:
    """Write the model; equal models give equal bytes."""
    buffer = io.BytesIO()  # into a file, torch.save would write the file's name as well
    # as JSON, because pickle writes two equal strings in another way when they are one object
    settings = json.dumps(asdict(replace(model, weights={})), ensure_ascii=False)
    torch.save({"settings": settings, "weights": model.weights}, buffer)
    write_sealed(path, buffer.getvalue())


def load_model(path: Path) -> SavedModel:
    """Read what `save_model` wrote. Raises InputError, naming the file, if it is anything else."""
    try:
        data = read_sealed(path)  # torch.load alone lets a flipped bit pass
        if data is None:
            raise InputError(f"{path}: damaged, or not a model of this project; `dvc repro` trains it")
        saved = torch.load(io.BytesIO(data), weights_only=True, map_location="cpu")
        return SavedModel(**json.loads(saved["settings"]) | {"weights": saved["weights"]})
    except FileNotFoundError:
        raise InputError(f"{path}: no such model; `dvc repro` trains it") from None
    except (RuntimeError, UnpicklingError, TypeError, KeyError, IndexError, EOFError) as error:
        raise InputError(f"{path}: not a model of this project: {error}") from error
