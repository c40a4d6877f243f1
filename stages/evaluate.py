"""Score every variant on the test split, or on the validation split if there is no test split.

    python stages/evaluate.py

in:   data/split/<split>.jsonl       the headlines and their labels
      models/<run>.pt                the trained runs: the baseline, and each variant with each seed
      metrics/train/<run>.json       their training and validation scores
      params.yaml                    split, train.seeds, variants, pretrained_variants, evaluate
out:  metrics/scores/<variant>.json  accuracy and difference from the baseline with 95 % intervals, loss and others
      metrics/runs.csv               one row per run: training, all scores, confusion matrix
      metrics/evaluation.csv         one row per variant: means over its seeds, standard deviations, intervals
      metrics/differences.csv        the difference in accuracy of every two variants, with its 95 % interval
      metrics/selected.json          the variant with the lowest validation loss, and its best run
      data/selected.pt               the model of that run, for predict.py
      data/predictions.csv           headline, label, and the probability from each run
      data/page.json                 the models that classify in the report, and the words of the worst errors
      plots/sentences.csv            the probability from each variant for the sentences of params.yaml
"""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from sarcasm.corpus import Headline, read_written
from sarcasm.params import BASELINE, read_params
from sarcasm.saved_model import SavedModel, load_model
from sarcasm.scores import compare, interval, resample, score
from sarcasm.stage import InputError, make_parser, read_json, run, write_bytes, write_csv, write_json
from sarcasm.tokenizers import STOP_WORDS

import numpy as np
import pandas as pd
import torch
from torch import Tensor
from tqdm import tqdm

SCORES = ("accuracy", "accuracy_ci_low", "accuracy_ci_high", "loss", "f1", "roc_auc", "brier")
DIFFERENCE = "difference", "difference_low", "difference_high"  # from the baseline
DEVIATIONS = "validation_loss", "validation_accuracy", "accuracy"  # with a standard deviation over seeds
COUNTED = "parameters", "trainable_parameters", "mult_adds", "best_epoch", "overfit_epoch"
OTHERS_SIZE = 1_000_000  # bytes of the models in the page in addition to the selected one
LISTED = 15  # errors in the page


def main() -> None:
    """Run the stage."""
    params = read_params(Path("params.yaml"))
    settings = params.evaluate
    torch.set_num_threads(1)  # sums in a fixed order
    split = "test" if params.split.test else "validation"
    headlines = read_written(Path(f"data/split/{split}.jsonl"))
    texts, labels = [text for text, _ in headlines], np.array([label for _, label in headlines])

    models, predictions, sentences, rows = {}, {}, {}, []
    pairs = [(variant, name) for variant, names in params.runs.items() for name in names]
    for variant, name in tqdm(pairs, "evaluate", unit="run", disable=None):
        models[name] = load_model(f"models/{name}.pt")
        if models[name].variant != variant:
            raise InputError(f"models/{name}.pt: the model of {models[name].variant}, expected the model of {variant}")
        predictions[name] = models[name](texts)
        sentences[name] = models[name](settings.sentences)
        training = read_json(Path(f"metrics/train/{name}.json"))
        rows.append({"variant": variant, "run": name, **training, **score(labels, predictions[name])})
    types = {"roc_auc": float, **dict.fromkeys(COUNTED, "Int64")}
    columns = list(rows[-1] | rows[0])  # those of a network, then what only the baseline has
    runs = pd.DataFrame(rows, columns=columns).astype(types)

    of_variant = {name: np.stack([predictions[run] for run in names]) for name, names in params.runs.items()}
    correct = {name: (probabilities > 0.5) == labels for name, probabilities in of_variant.items()}
    resampled = resample(correct, settings.resamples)
    differences = compare(correct, resampled)
    evaluation = summarize(runs, differences)
    evaluation[["accuracy_ci_low", "accuracy_ci_high"]] = [interval(resampled[name]) for name in evaluation.index]
    evaluation.insert(1, "split", split)
    evaluation.insert(2, "headlines", len(labels))
    evaluation["ensemble_accuracy"] = [
        ((seeds.mean(axis=0) > 0.5) == labels).mean() if len(seeds) > 1 else None for seeds in of_variant.values()
    ]
    best = runs.loc[runs["variant"] == evaluation["validation_loss"].idxmin()]
    selected = best.loc[best["validation_loss"].idxmin()]
    shown = [selected["run"] if variant == selected["variant"] else names[0] for variant, names in params.runs.items()]
    page = {
        "stop_words": sorted(STOP_WORDS),
        **pack_models({run: models[run] for run in shown}, selected["run"], texts),
        "errors": find_errors(models[selected["run"]], headlines, predictions[selected["run"]]),
    }

    for name, row in evaluation.iterrows():
        scores = {f"{split}_{key}": None if pd.isna(row[key]) else round(row[key], 4) for key in SCORES + DIFFERENCE}
        write_json(Path(f"metrics/scores/{name}.json"), scores)
    write_csv(Path("metrics/runs.csv"), runs)
    write_csv(Path("metrics/evaluation.csv"), evaluation.round(4).reset_index())
    write_csv(Path("metrics/differences.csv"), differences.round(4))
    write_json(Path("metrics/selected.json"), {key: selected[key] for key in ("variant", "run", "validation_loss")})
    write_bytes(Path("data/selected.pt"), Path(f"models/{selected['run']}.pt").read_bytes())
    write_csv(Path("data/predictions.csv"), pd.DataFrame({"headline": texts, "label": labels, **predictions}))
    means = {name: np.mean([sentences[run] for run in names], axis=0) for name, names in params.runs.items()}
    write_csv(Path("plots/sentences.csv"), pd.DataFrame({"sentence": settings.sentences, **means}))
    write_json(Path("data/page.json"), page)
    print(f"{len(runs)} runs of {len(evaluation)} variants scored on the {len(labels)} headlines of the {split} split")


def summarize(runs: pd.DataFrame, differences: pd.DataFrame) -> pd.DataFrame:
    """Return one row per variant: means over its seeds, standard deviations, the difference from the baseline.

    An overfitting onset is missing if a seed has none.
    """
    groups = runs.drop(columns="run").groupby("variant", sort=False)
    table = groups.mean()
    for key in COUNTED:
        table[key] = groups[key].agg(lambda values: values.mean(skipna=False)).round().astype("Int64")
    table.insert(0, "seeds", groups.size())
    table[[f"{key}_sd" for key in DEVIATIONS]] = groups[list(DEVIATIONS)].std()
    baseline = differences[differences["other"] == BASELINE].set_index("variant")[["difference", "low", "high"]]
    table[["difference", "difference_low", "difference_high"]] = baseline.reindex(table.index)
    return table


def find_errors(model: SavedModel, headlines: Sequence[Headline], probabilities: np.ndarray) -> dict[str, Any]:
    """Return the number of misclassified headlines, and the most confident errors with the importance of each word."""
    labels = np.array([label for _, label in headlines])
    wrong = np.flatnonzero((probabilities > 0.5) != labels)
    listed = wrong[np.argsort(-np.abs(probabilities[wrong] - 0.5), kind="stable")][:LISTED]
    errors = [
        {
            "headline": headlines[place].text,
            "label": headlines[place].label,
            "probability": round(float(probabilities[place]), 6),
            "importance": [(word, round(x, 4)) for word, x in model.word_importance(headlines[place].text)],
        }
        for place in listed
    ]
    return {"count": len(wrong), "listed": errors}


def pack_models(models: Mapping[str, SavedModel], selected: str, headlines: Sequence[str]) -> dict[str, Any]:
    """Return the selected run and those that fit into the page, and the arrays and vocabularies that they share.

    Each has the probabilities of a few headlines: the page leaves out a model for which it computes others.
    """
    order = sorted(models, key=lambda name: (name != selected, sum(x.numel() for x in models[name].weights.values())))
    packed: dict[str, Any] = {}
    shared: dict[str, int] = {}  # the place of each vocabulary and array, as JSON: frozen vectors are there once
    for name in order:
        model = models[name]
        parts = [json.dumps(part) for part in [model.vocabulary, *map(pack, model.weights.values())]]
        new = dict.fromkeys(part for part in parts if part not in shared)
        size = sum(map(len, [*shared, *new]))
        if name == selected:
            limit = size + OTHERS_SIZE
        elif size > limit:
            continue
        shared |= {part: len(shared) + place for place, part in enumerate(new)}
        vocabulary, *weights = [shared[part] for part in parts]
        checks = [(text, round(float(p), 4)) for text, p in zip(headlines[:20], model(headlines[:20]), strict=True)]
        packed[name] = asdict(replace(model, vocabulary=[], weights={})) | {"run": name, "checks": checks}
        packed[name] |= {"vocabulary": vocabulary, "weights": dict(zip(model.weights, weights, strict=True))}
    return {
        "models": [packed[name] for name in models if name in packed],
        "shared": [json.loads(part) for part in shared],
    }


def pack(weights: Tensor) -> dict[str, Any]:
    """Return weights in base64: a matrix as integers, to be multiplied with the scale of their row, others as float16.

    Where most are 0, only the others, with their positions.
    """

    def encode(array: Tensor, kind: str) -> str:
        return base64.b64encode(array.numpy().astype(kind).tobytes()).decode()

    if weights.dim() == 2 and weights.shape[1] > 1:
        scale = weights.abs().amax(dim=1).clamp(min=1e-30) / 127
        return {"int8": encode((weights / scale[:, None]).round(), "<i1"), "scale": encode(scale, "<f4")}
    values = weights.flatten().float().clamp(-65504, 65504)  # the range of float16
    used = values.nonzero().flatten()
    if 3 * len(used) > len(values):  # a position takes twice as much as its weight
        return {"float16": encode(values, "<f2")}
    return {"float16": encode(values[used], "<f2"), "at": encode(used, "<u4"), "size": len(values)}


if __name__ == "__main__":
    run(main, make_parser(__doc__))
