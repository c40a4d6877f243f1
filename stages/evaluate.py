"""Score every variant on the test split, or on the validation split where there is no test split.

    python stages/evaluate.py

in:   data/split/<split>.jsonl       the headlines and their labels
      models/<variant>.pt            every variant of params.yaml
      params.yaml                    variants, glove_variants, evaluate
out:  metrics/scores/<variant>.json  loss, accuracy and its interval, precision, recall, F1, ROC AUC, Brier score
      data/predictions.csv           headline, label, and the probability that each variant gives
      plots/confusion.csv            headlines by variant, label and verdict
      plots/sentences.csv            the probability that each variant gives to the sentences of params.yaml
"""

from pathlib import Path

import pandas as pd
import torch
from tqdm import tqdm

from sarcasm.command import run
from sarcasm.corpus import read_headlines
from sarcasm.files import write_csv, write_json
from sarcasm.params import read_params
from sarcasm.saved import load_model
from sarcasm.scores import confusion, score


def main() -> None:
    """Run the stage."""
    params = read_params(Path("params.yaml"))
    settings = params.evaluate
    torch.set_num_threads(1)  # sums keep their order
    split = "test" if params.split.test else "validation"
    headlines = pd.DataFrame(read_headlines(Path(f"data/split/{split}.jsonl"))).rename(columns={"text": "headline"})
    labels = headlines["label"].to_numpy()
    sentences = pd.DataFrame({"sentence": settings.sentences})
    counts = []
    for name in tqdm(params.all_variants, "evaluate", unit="variant"):
        model = load_model(Path(f"models/{name}.pt"))
        probabilities = model.probabilities(headlines["headline"])
        headlines[name] = probabilities
        sentences[name] = model.probabilities(settings.sentences)
        scores = score(labels, probabilities, settings.resamples, settings.seed)
        rounded = {key: value if value is None else round(value, 4) for key, value in scores.items()}
        write_json(Path(f"metrics/scores/{name}.json"), {"split": split, "headlines": len(labels), **rounded})
        for label, row in enumerate(confusion(labels, probabilities)):
            counts += [(name, label, verdict, count) for verdict, count in enumerate(row)]
    write_csv(Path("data/predictions.csv"), headlines)
    write_csv(Path("plots/confusion.csv"), pd.DataFrame(counts, columns=["variant", "label", "verdict", "headlines"]))
    write_csv(Path("plots/sentences.csv"), sentences)
    print(f"{len(params.all_variants)} variants scored on the {len(labels)} headlines of the {split} split")


if __name__ == "__main__":
    run(main, __doc__)
