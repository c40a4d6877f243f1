"""What each setting of wide_bi_lstm is worth, and what else was tried: one change at a time, two seeds.

    make search PARAMS=configs/news-headlines-v1.yaml OUT=results/search

Each change is a variant of the DVC experiment `search`. The closed vocabulary is an experiment of its own,
`search-closed-vocabulary`, as the variants of an experiment share theirs. Both have no test split, so that nothing is
chosen by it: scores and intervals are of the validation split. An interrupted run resumes.

in:   PARAMS, params.yaml   the corpus, the vectors and wide_bi_lstm
out:  the experiments search and search-closed-vocabulary
      OUT/table.csv         one row per change: means and standard deviations over the seeds, and the differences in
                            accuracy from wide_bi_lstm and from the baseline, with their 95 % intervals
      OUT/table.md          the same for reading
"""

import copy
import io
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import yaml
from studies.export import read_file

from sarcasm.base.command import InputError, run
from sarcasm.base.documents import read_document
from sarcasm.base.files import write_csv, write_text
from sarcasm.results.tables import format_difference, read_table, with_deviation

NETWORK = "wide_bi_lstm"
SEEDS = [1, 2]
OTHER = "embedding_mean"  # the one of `variants` that stays, as there must be one
CHANGES: dict[str, dict[str, Any]] = {
    "without R-Drop": {"training": {"r_drop": 0}},
    "without the wide path": {"wide": None},
    "without the second vectors": {"extra_vectors": False},
    "one learning rate": {"training": {"embedding_learning_rate": None}, "wide": {"learning_rate": 0.003}},
    "constant learning rates, best epoch": {"training": {"warm_up": None, "checkpoint": "best"}},
    "GloVe vectors frozen": {"frozen": True},
    "GRU": {"cell": "gru"},
    "two layers": {"layers": 2, "dropout": {"inter_layer": 0.4}},
    "hidden size 128": {"hidden_size": 128},
    "dropout 0.5, 16 epochs": {
        "training": {"epochs": 16},
        "dropout": {"embedding": 0.5, "rnn_output": 0.5, "linear": 0.5},
    },
    "small": {"hidden_size": 24, "frozen": True, "wide": {"buckets": 16_384}},
}
CLOSED: dict[str, dict[str, Any]] = {"only words of the training headlines": {}}
SCORES = (
    *("trainable_parameters", "validation_loss", "validation_loss_sd", "accuracy", "accuracy_sd"),
    *("difference", "difference_low", "difference_high"),
)


def main(params: str, out: str) -> None:
    """Run the experiments and write their results."""
    experiments = {"search": CHANGES, "search-closed-vocabulary": CLOSED}
    for name, changes in experiments.items():
        path = Path(f"runs/{name}.yaml")
        document = make_document(read_document(Path(params), Path("params.yaml")), changes)
        write_text(path, yaml.safe_dump(document, sort_keys=False))
        if subprocess.run([sys.executable, "repro.py", str(path)]).returncode:
            raise InputError(f"{path} failed, see above")
    evaluation = pd.concat([read_metrics(name, "evaluation") for name in experiments])
    table = summarize(evaluation, read_metrics("search", "differences"))
    write_csv(Path(out, "table.csv"), table.reset_index())
    write_text(Path(out, "table.md"), format_table(table))


def read_metrics(experiment: str, name: str) -> pd.DataFrame:
    """Read metrics/<name>.csv of an experiment."""
    return read_table(io.BytesIO(read_file(experiment, f"metrics/{name}.csv")), "variant")


def variant(change: str) -> str:
    """Return the name of the variant with a change."""
    return change.lower().translate(str.maketrans(" -.", "___", ","))


def make_document(document: dict[str, Any], changes: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Return the parameters `document` with a variant for each change instead of all others."""
    network = document["glove_variants"][NETWORK]
    networks = {
        variant(change): copy.deepcopy(network)  # YAML would write equal objects as aliases
        | {key: network[key] | value if isinstance(value, dict) else value for key, value in settings.items()}
        for change, settings in changes.items()
    }
    document["split"]["test"] = 0
    document["train"]["seeds"] = SEEDS
    document["variants"] |= dict.fromkeys(document["variants"].keys() - {OTHER})
    document["glove_variants"] = dict.fromkeys(document["glove_variants"]) | networks
    if changes is CLOSED:
        document["vocabularies"]["glove"]["pretrained_words"] = 0
    else:
        document["glove_variants"][NETWORK] = network
    return document


def summarize(evaluation: pd.DataFrame, differences: pd.DataFrame) -> pd.DataFrame:
    """Return the scores of NETWORK and of each change, and their differences in accuracy from the baseline and NETWORK.

    The closed vocabulary is of another experiment, so that its difference from NETWORK has no interval.
    """
    names = {NETWORK: NETWORK} | {variant(change): change for change in CHANGES | CLOSED}
    table = evaluation.set_index("variant").loc[list(names), list(SCORES)]
    table["from_network"] = table["accuracy"] - table.loc[NETWORK, "accuracy"]
    paired = differences[differences["other"] == NETWORK].set_index("variant")
    table[["from_network_low", "from_network_high"]] = paired[["low", "high"]].reindex(table.index)
    return table.rename(names).rename_axis("change").round(4)


def format_table(table: pd.DataFrame) -> str:
    """Return the table as Markdown."""
    lines = [
        "| change | trainable parameters | validation loss | validation accuracy "
        f"| difference from {NETWORK} | difference from the baseline |",
        "|---|--:|--:|--:|---|---|",
    ]
    for change, row in table.iterrows():
        cells = (
            change,
            f"{row['trainable_parameters']:,.0f}",
            with_deviation(row, "validation_loss"),
            with_deviation(row, "accuracy"),
            "" if change == NETWORK else format_difference(row, "from_network"),
            format_difference(row),
        )
        lines.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    run(main, __doc__, "params", "out")
