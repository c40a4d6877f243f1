"""Score every variant on the test split, or on the validation split where there is no test split.

    python stages/evaluate.py

in:   data/split/<split>.jsonl       the headlines and their labels
      models/<variant>.pt, .json     every variant of params.yaml, and how its training went
      params.yaml                    split, variants, glove_variants, evaluate
out:  metrics/scores/<variant>.json  accuracy with its interval, loss, F1, ROC AUC and Brier score
      metrics/evaluation.csv         a row a variant: how training went, all scores, confusion counts, the split
      data/predictions.csv           headline, label, and the probability that each variant gives
      plots/sentences.csv            the probability that each variant gives to the sentences of params.yaml
"""

from pathlib import Path

import pandas as pd
import torch
from tqdm import tqdm

from sarcasm.command import run
from sarcasm.corpus import read_headlines
from sarcasm.errors import InputError
from sarcasm.files import read_json, write_csv, write_json
from sarcasm.params import read_params
from sarcasm.saved import load_model
from sarcasm.scores import score

HEADLINE_SCORES = "accuracy", "low", "high", "loss", "f1", "auc", "brier"  # as many as `dvc metrics show` has room for


def main() -> None:
    """Run the stage."""
    params = read_params(Path("params.yaml"))
    settings = params.evaluate
    torch.set_num_threads(1)  # sums keep their order
    split = "test" if params.split.test else "validation"
    predictions = pd.DataFrame(read_headlines(Path(f"data/split/{split}.jsonl"))).rename(columns={"text": "headline"})
    labels = predictions["label"].to_numpy()
    sentences = pd.DataFrame({"sentence": settings.sentences})
    rows = []
    for name in tqdm(params.all_variants, "evaluate", unit="variant", disable=None):
        model = load_model(Path(f"models/{name}.pt"))
        if model.variant != name:
            raise InputError(f"models/{name}.pt: the model of {model.variant}, expected that of {name}")
        predictions[name] = model.probabilities(predictions["headline"].tolist())
        sentences[name] = model.probabilities(settings.sentences)
        scores = score(labels, predictions[name].to_numpy(), settings.resamples, settings.seed)
        scores = {key: round(value, 4) if isinstance(value, float) else value for key, value in scores.items()}
        write_json(Path(f"metrics/scores/{name}.json"), {key: scores[key] for key in HEADLINE_SCORES})
        training = read_json(Path(f"models/{name}.json"))
        rows.append({"variant": name, **training, "split": split, "headlines": len(labels), **scores})
    write_csv(Path("metrics/evaluation.csv"), pd.DataFrame(rows).astype({"parted_at": "Int64"}))
    write_csv(Path("data/predictions.csv"), predictions)
    write_csv(Path("plots/sentences.csv"), sentences)
    print(f"{len(rows)} variants scored on the {len(labels)} headlines of the {split} split")


if __name__ == "__main__":
    run(main, __doc__)
