"""The file of a trained model."""

import io
import json
from dataclasses import asdict, replace
from pathlib import Path

import torch

from sarcasm.base.command import InputError
from sarcasm.base.files import read_checksummed, read_json, write_checksummed
from sarcasm.network.baseline import SavedBaseline
from sarcasm.network.model import count_parameters
from sarcasm.network.saved_model import SavedModel

PROJECT = Path(__file__).parents[3]  # the folder with stages/, models/ and metrics/
Model = SavedModel | SavedBaseline
MAX_LENGTH = 10_000  # tokens, as in params.yaml
KINDS = {kind.__name__: kind for kind in (SavedModel, SavedBaseline)}


def save_model(path: Path, model: Model) -> None:
    """Write the model; equal models give equal bytes."""
    buffer = io.BytesIO()  # given a path, torch.save would store the name of the file
    # JSON, as pickle's bytes depend on whether two equal strings are one object
    settings = json.dumps(asdict(replace(model, weights={})) | {"kind": type(model).__name__}, ensure_ascii=False)
    torch.save({"settings": settings, "weights": model.weights}, buffer)
    write_checksummed(path, buffer.getvalue())


def load(model: str | Path | None = None) -> Model:
    """Return the model of a name in the project's models/ or of the path of a .pt file; by default the selected one.

    Raises InputError, naming the file, if it is missing, damaged or something else.
    """
    if model is None:
        selected = PROJECT / "metrics/selected.json"
        if not selected.is_file():
            raise InputError(f"{selected}: no such file; `dvc repro` writes it, or name a model")
        model = str(read_json(selected)["run"])
    return _read(Path(model) if str(model).endswith(".pt") else PROJECT / f"models/{model}.pt")


def _read(path: Path) -> Model:
    try:
        data = read_checksummed(path)  # torch.load by itself does not detect a flipped bit
        if data is None:
            raise InputError(f"{path}: damaged, or not a model of this project; `dvc repro` trains it")
        saved = torch.load(io.BytesIO(data), weights_only=True, map_location="cpu")
        settings = json.loads(saved["settings"])
        model = KINDS[settings.pop("kind")](**settings | {"weights": saved["weights"]})
        _check(model)
        return model
    except FileNotFoundError:
        models = ", ".join(sorted(other.stem for other in path.parent.glob("*.pt")))
        raise InputError(f"{path}: no such model, the folder has {models or 'none'}; `dvc repro` trains them") from None
    except (InputError, OSError):
        raise
    except Exception as error:  # a file with a checksum may have any content, and torch any error for it
        raise InputError(f"{path}: not a model of this project: {error!r:.200}") from error


def _check(model: Model) -> None:
    """Raise an exception if the model cannot classify, or needs much more memory than its file."""
    if not all(weight.is_contiguous() and weight.isfinite().all() for weight in model.weights.values()):
        raise ValueError("weights are not finite, or not all in the file")
    if isinstance(model, SavedModel):
        expected, found = count_parameters(model.network), sum(weight.numel() for weight in model.weights.values())
        if expected != found:  # otherwise the settings alone could take all memory
            raise ValueError(f"{found:,} weights, expected {expected:,} for its settings")
        if not 1 <= model.max_length <= MAX_LENGTH:
            raise ValueError(f"max_length {model.max_length}, expected 1 to {MAX_LENGTH:,}")
    if len(model.classes) != 2 or not all(name.isprintable() for name in model.classes):
        raise ValueError("expected two class names of printable characters")
    model.classify(["a headline"])
