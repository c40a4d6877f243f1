"""A trained model in one file, with everything needed to classify a headline."""

import io
import json
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from sarcasm.dataset import HeadlineDataset
from sarcasm.model import HeadlineClassifier
from sarcasm.stage import InputError, write_bytes
from sarcasm.tokenizers import TOKENIZERS
from sarcasm.trainer import predict
from sarcasm.vocabulary import encode, number_words

import numpy as np
import torch
from torch import Tensor

PROJECT = Path(__file__).parents[2]  # the folder with stages/, models/ and metrics/


@dataclass(frozen=True)
class SavedModel:
    """A trained variant: settings and weights. Subclasses say how it computes.

    vocabulary: the word, or n-gram, of each id
    """

    variant: str
    tokenizer: str
    vocabulary: list[str]
    weights: dict[str, Tensor]

    def logits(self, headlines: Sequence[Sequence[str]]) -> np.ndarray:
        """Return the log-odds of the positive class, float (headlines,), of headlines that are split into words."""
        raise NotImplementedError

    def __call__(self, headlines: Collection[str]) -> np.ndarray:
        """Return the probability of the positive class of each headline, float32 (headlines,)."""
        logits = self.logits([self.split(headline) for headline in headlines])
        if not np.isfinite(logits).all():
            raise InputError(f"model {self.variant}: a logit is not finite, as the weights are too large")
        return torch.from_numpy(logits).sigmoid().numpy().astype(np.float32)

    def split(self, headline: str) -> list[str]:
        """Return the words of a headline, as in training."""
        return TOKENIZERS[self.tokenizer](headline)

    def unknown_words(self, headline: str) -> list[str]:
        """Return the distinct words of a headline that are not in the vocabulary, in order."""
        return [word for word in dict.fromkeys(self.split(headline)) if word not in self.ids]

    def word_importance(self, headline: str) -> list[tuple[str, float]]:
        """Return each word with its leave-one-out importance: the logit minus the logit without the word."""
        return self._importance(self.split(headline))

    def _importance(self, words: list[str]) -> list[tuple[str, float]]:
        whole, *others = self.logits([words, *(words[:place] + words[place + 1 :] for place in range(len(words)))])
        return [(word, float(whole - other)) for word, other in zip(words, others, strict=True)]

    @cached_property
    def ids(self) -> dict[str, int]:
        """The id of each word."""
        return number_words(self.vocabulary)


@dataclass(frozen=True)
class SavedNetwork(SavedModel):
    """A trained network.

    arguments: of HeadlineClassifier
    max_length: tokens of a headline that it reads
    bucketed: trained without padding, so it predicts without padding
    """

    arguments: dict[str, Any]
    max_length: int
    bucketed: bool

    def logits(self, headlines: Sequence[Sequence[str]]) -> np.ndarray:
        """Return the log-odds of the positive class, float32 (headlines,)."""
        ids = encode(headlines, self.ids, self.max_length)
        return predict(self.network, HeadlineDataset(ids, np.zeros(len(ids))), self.bucketed).numpy()

    def word_importance(self, headline: str) -> list[tuple[str, float]]:
        """Return the importance of each word that the network reads."""
        # and one word more, which moves up when an earlier one is left out
        return self._importance(self.split(headline)[: self.max_length + 1])[: self.max_length]

    @cached_property
    def network(self) -> HeadlineClassifier:
        """The network with its trained weights. Raises RuntimeError if they do not fit its settings."""
        network = HeadlineClassifier(**self.arguments)
        network.load_state_dict(self.weights)
        return network


def save_model(path: Path, model: SavedModel) -> None:
    """Write the model; equal models give equal bytes."""
    buffer = io.BytesIO()  # given a path, torch.save would store the name of the file
    # JSON, as pickle's bytes depend on whether two equal strings are one object
    settings = json.dumps(asdict(replace(model, weights={})) | {"kind": type(model).__name__}, ensure_ascii=False)
    torch.save({"settings": settings, "weights": model.weights}, buffer)
    write_bytes(path, buffer.getvalue())


def load_model(model: str | None = None) -> SavedModel:
    """Return the model of a name in the project's models/ or of the path of a .pt file; by default the selected one.

    Raises InputError, naming the file, if it is missing, damaged or something else.
    """
    from sarcasm.baseline import SavedBaseline  # which imports this module

    if model is None:
        path = PROJECT / "data/selected.pt"
    else:
        path = Path(model) if model.endswith(".pt") else PROJECT / f"models/{model}.pt"
    if not path.is_file():
        models = ", ".join(sorted(other.stem for other in path.parent.glob("*.pt")))
        raise InputError(f"{path}: no such model, the folder has {models or 'none'}; `dvc repro` trains them")
    try:
        saved = torch.load(path, weights_only=True, map_location="cpu")
        settings = json.loads(saved["settings"])
        kind = {"SavedNetwork": SavedNetwork, "SavedBaseline": SavedBaseline}[settings.pop("kind")]
        loaded: SavedModel = kind(**settings | {"weights": saved["weights"]})
        if not all(weight.isfinite().all() for weight in loaded.weights.values()):
            raise ValueError("weights are not finite")
        loaded(["a headline"])  # weights that do not fit the settings raise an error here
        return loaded
    except Exception as error:  # torch raises any of a dozen
        raise InputError(f"{path}: damaged, or not a model of this project: {error!r:.200}") from error
