"""The table of results, as Markdown."""

from collections.abc import Mapping
from typing import Any

Metrics = Mapping[str, Mapping[str, Any]]

HEADER = """\
| variant | parameters | accuracy (95 % interval) | loss | F1 | ROC AUC | Brier | epoch kept | losses part |
|---|--:|---|--:|--:|--:|--:|--:|--:|
"""


def format_results(trained: Metrics, scores: Metrics) -> str:
    """Put the metrics of training and of evaluation, by variant, into a Markdown table with a line that says of what."""
    first = next(iter(scores.values()))
    caption = (
        f"{first['headlines']:,} headlines of the {first['split']} split; loss in nats a headline; the losses part at "
        "the epoch from which on validation is more than 0.05 above training.\n\n"
    )
    return caption + HEADER + "".join(_row(name, trained[name], row) for name, row in scores.items())


def _row(name: str, trained: Mapping[str, Any], scores: Mapping[str, Any]) -> str:
    cells = (
        name,
        f"{trained['parameters']:,}",
        f"{scores['accuracy']:.3f} ({scores['accuracy_low']:.3f} to {scores['accuracy_high']:.3f})",
        *("undefined" if scores[key] is None else f"{scores[key]:.3f}" for key in ("loss", "f1", "auc", "brier")),
        trained["epoch_kept"],
        "never" if trained["parted_at"] is None else trained["parted_at"],
    )
    return "| " + " | ".join(map(str, cells)) + " |\n"
