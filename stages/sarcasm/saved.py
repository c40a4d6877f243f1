"""A trained model in one file, with all that it takes to judge a headline."""

import io
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import numpy as np
import torch
from torch import Tensor

from sarcasm.batching import Headlines
from sarcasm.errors import InputError
from sarcasm.files import read_sealed, write_sealed
from sarcasm.model import HeadlineClassifier
from sarcasm.text import TOKENIZERS, collect, encode
from sarcasm.training import predict


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

    def build(self) -> HeadlineClassifier:
        """Return the network with its trained weights. Raises InputError if they or the vocabulary do not fit it."""
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

    def encode(self, headlines: Sequence[str]) -> Headlines:
        """Make headlines into ids as the training headlines were; their labels are all 0."""
        tokens = collect(headlines, TOKENIZERS[self.tokenizer])
        ids, lengths = encode(tokens, self.vocabulary, self.max_length)
        return Headlines(ids, lengths, np.zeros(len(lengths)), self.max_length)

    def probabilities(self, headlines: Sequence[str]) -> np.ndarray:
        """Return the probability that each headline is sarcastic, float32 (headlines,)."""
        return predict(self.build(), self.encode(headlines), self.bucketed).sigmoid().numpy()


def save_model(path: Path, model: SavedModel) -> None:
    """Write the model; equal models give equal bytes."""
    buffer = io.BytesIO()  # into a file, torch.save would write the file's name as well
    torch.save(asdict(model), buffer)
    write_sealed(path, buffer.getvalue())


def load_model(path: Path) -> SavedModel:
    """Read what `save_model` wrote. Raises InputError, naming the file, if it is anything else."""
    try:
        data = read_sealed(path)  # torch.load alone lets a flipped bit pass
        if data is None:
            raise InputError(f"{path}: damaged, or not a model of this project; `dvc repro` trains it")
        return SavedModel(**torch.load(io.BytesIO(data), weights_only=True, map_location="cpu"))
    except FileNotFoundError:
        raise InputError(f"{path}: no such model; `dvc repro` trains it") from None
    except (RuntimeError, UnpicklingError, TypeError, EOFError) as error:
        raise InputError(f"{path}: not a model of this project: {error}") from error
