"""Prepare what the report computes with: the models that classify in the page, and the words of the worst errors.

    python stages/prepare_page.py

in:   data/split/<split>.jsonl       the headlines that were evaluated
      models/<run>.pt                the trained runs; the page has the first seed of a variant
      metrics/selected.json          the run whose errors are listed
      params.yaml                    split, train.seeds, variants, glove_variants, evaluate.page_variants
out:  data/page/models.json          settings, vocabularies and float16 weights
      data/page/errors.json          the most confident errors, with the importance of each word
"""

from sarcasm.base.interrupt import exit_on_interrupt

if __name__ == "__main__":
    exit_on_interrupt()

import base64
import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from sarcasm.base.command import InputError, run
from sarcasm.base.files import read_json, write_json
from sarcasm.base.params import Params, read_params
from sarcasm.network.model_file import Model, load
from sarcasm.text.corpus import Headline, read_formatted
from sarcasm.text.tokenizers import STOP_WORDS

PARAMETERS = 1_000_000  # a larger network is in the page only if evaluate.page_variants names it
SIZE = 2_000_000  # bytes of all models in the page
LISTED = 15  # errors
LARGEST = float(np.finfo(np.float16).max)


def main() -> None:
    """Run the stage."""
    params = read_params(Path("params.yaml"))
    torch.set_num_threads(1)  # sums in a fixed order
    models = choose_models(params)
    split = "test" if params.split.test else "validation"
    headlines = list(read_formatted(Path(f"data/split/{split}.jsonl")))
    selected = load(Path(f"models/{read_json(Path('metrics/selected.json'))['run']}.pt"))
    errors = find_errors(selected, headlines)
    write_json(Path("data/page/models.json"), models)
    write_json(Path("data/page/errors.json"), errors)
    print(f"{len(models['models'])} models and {len(errors['listed'])} errors for the report")


def choose_models(params: Params) -> dict[str, Any]:
    """Return the models that evaluate.page_variants names, or the small ones that fit, and what they share."""
    named = params.evaluate.page_variants
    models, vocabularies = {}, {}
    for variant, runs in params.runs.items():
        if named is not None and variant not in named:
            continue
        model = load(Path(f"models/{runs[0]}.pt"))
        if named is None and sum(weight.numel() for weight in model.weights.values()) >= PARAMETERS:
            continue
        models[variant] = pack(model)
        if words := models[variant].pop("vocabulary", None):
            models[variant]["vocabulary"] = params.vocabulary_of(variant)
            vocabularies[params.vocabulary_of(variant)] = words
    sizes = {variant: len(json.dumps(model)) for variant, model in models.items()}
    if named is not None and sum(sizes.values()) > SIZE:
        raise InputError(f"evaluate.page_variants: models of {sum(sizes.values()):,} bytes, expected at most {SIZE:,}")
    while sum(sizes.values()) > SIZE:
        largest = max(sizes, key=sizes.__getitem__)
        del models[largest], sizes[largest]
    used = {model.get("vocabulary") for model in models.values()}
    return {
        "stop_words": sorted(STOP_WORDS),
        "vocabularies": {name: words for name, words in vocabularies.items() if name in used},
        "models": list(models.values()),
    }


def pack(model: Model) -> dict[str, Any]:
    """Return a model as JSON values, its weights as float16 in base64."""
    weights = {
        name: base64.b64encode(weight.numpy().clip(-LARGEST, LARGEST).astype("<f2").tobytes()).decode()
        for name, weight in model.weights.items()
    }
    return asdict(replace(model, weights={})) | {"weights": weights}


def find_errors(model: Model, headlines: Sequence[Headline]) -> dict[str, Any]:
    """Return the number of misclassified headlines, and the most confident errors with the importance of each word."""
    probabilities = model([text for text, _ in headlines]).tolist()
    wrong = [
        (abs(probability - 0.5), {"headline": text, "label": label, "probability": round(probability, 6)})
        for (text, label), probability in zip(headlines, probabilities, strict=True)
        if (probability > 0.5) != (label == 1)
    ]
    listed = [error for _, error in sorted(wrong, key=lambda pair: -pair[0])[:LISTED]]
    for error in listed:
        error["importance"] = [(word, round(value, 4)) for word, value in model.word_importance(error["headline"])]
    return {"count": len(wrong), "listed": listed}


if __name__ == "__main__":
    run(main, __doc__)
