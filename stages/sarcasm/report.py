"""The report: what the pipeline's tables say, on one page that needs nothing beside itself."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import jinja2
import pandas as pd
import yaml
from markupsafe import Markup, escape
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sarcasm import figures, svg
from sarcasm.findings import calibration_error, chosen_variant, most_disputed, most_wrong, reliability
from sarcasm.params import GloveVariant, LearnedVariant, Params

TEMPLATES = Path(__file__).parent / "page"
LISTED = 15  # headlines in a list


class Input(NamedTuple):
    """A file that the pipeline started from; size in bytes."""

    what: str
    source: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Results:
    """All that the report tells of, as the stages wrote it; evaluation and histories have the same variants."""

    params: Params
    inputs: list[Input]
    versions: Mapping[str, str]
    corpus: Mapping[str, Mapping[str, float]]
    vocabularies: Mapping[str, Mapping[str, float]]
    evaluation: pd.DataFrame
    histories: Mapping[str, pd.DataFrame]
    coverage: Mapping[str, Mapping[str, float]]
    curve: pd.DataFrame
    missing: pd.DataFrame
    predictions: pd.DataFrame
    sentences: pd.DataFrame


class Column(NamedTuple):
    """A column of the table of variants; `better` is the end that comes first when it is sorted."""

    key: str
    heading: str
    format: str
    better: str
    absent: str = "undefined"


COLUMNS = [
    Column("loss", "loss", ".3f", "low"),
    Column("f1", "F1", ".3f", "high"),
    Column("auc", "ROC AUC", ".3f", "high"),
    Column("brier", "Brier", ".3f", "low"),
    Column("precision", "precision", ".3f", "high"),
    Column("recall", "recall", ".3f", "high"),
    Column("validation_loss", "validation loss", ".3f", "low"),
    Column("epoch_kept", "epoch kept", "d", "low"),
    Column("parted_at", "losses part", "d", "high", "never"),
    Column("parameters", "parameters", ",d", "low"),
]


def render(results: Results) -> str:
    """Return the page. Texts from outside stand on it escaped; equal results give equal bytes."""
    evaluation, predictions = results.evaluation, results.predictions
    variants = [str(name) for name in evaluation.index]
    colour = figures.colours(variants)
    chosen = chosen_variant(evaluation)
    bins = {name: reliability(predictions["label"], predictions[name]) for name in variants}
    wrong = most_wrong(predictions, chosen)
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["breakable"] = _breakable
    return environment.get_template("report.html").render(
        results=results,
        parameters=yaml.safe_dump(_parameters(results.params), sort_keys=False, allow_unicode=True, width=100),
        palette=list(zip(figures.COLOURS, figures.COLOURS_ON_DARK, strict=True)),
        variable={name: svg.PAGE_COLOURS[colour[name]] for name in variants},
        network={name: describe_network(results.params.variant(name)) for name in variants},
        split=evaluation["split"].iloc[0],
        rows=evaluation.assign(variant=variants).to_dict("records"),
        chosen=chosen,
        columns=COLUMNS,
        cells={name: list(_cells(evaluation.loc[[name]])) for name in variants},
        scale=interval_scale(evaluation),
        history_figures=history_figures(results.histories, evaluation["epoch_kept"], colour),
        coverage_figure=coverage_figure(results.curve, results.params),
        missing=results.missing.to_dict("records"),
        reliability_figures={name: reliability_figure(name, bins[name], colour[name]) for name in variants},
        calibration_errors={name: calibration_error(bins[name]) for name in variants},
        sentences=results.sentences.to_dict("records"),
        wrong=wrong.head(LISTED).to_dict("records"),
        wrong_count=len(wrong),
        disputed=most_disputed(predictions, variants).head(LISTED).to_dict("records"),
    )


def source_name(source: str) -> str:
    """Return a known name as it is; of a path or an address the last part, as the rest is of one machine, or secret."""
    return PurePosixPath(urlsplit(source.replace("\\", "/")).path).name


def describe_network(variant: LearnedVariant | GloveVariant) -> str:
    """Say in a line what a variant is: its embedding, its layers and its learning rate."""
    if isinstance(variant, GloveVariant):
        embedding = f"GloVe, {'frozen' if variant.frozen else 'fine-tuned'}"
    else:
        embedding = f"embedding of {variant.embedding_dimension}"
    ways = "bidirectional " if variant.bidirectional else ""
    layers = f"{variant.layers} {ways}{variant.cell.upper()} of {variant.hidden_size}" if variant.layers else "mean"
    dropout = ", dropout" if any(variant.dropout.model_dump().values()) else ""
    return f"{embedding}, {layers}{dropout}, rate {variant.learning_rate:g}"


def interval_scale(evaluation: pd.DataFrame) -> tuple[float, float]:
    """Return the multiples of 0.05 between which all intervals lie."""
    low, high = math.floor(evaluation["low"].min() * 20) / 20, math.ceil(evaluation["high"].max() * 20) / 20
    return (low, high) if low < high else (0, 1)


def history_figures(
    histories: Mapping[str, pd.DataFrame], kept: pd.Series, colour: Mapping[str, str]
) -> dict[str, Markup]:
    """Draw loss above accuracy for each variant, all on the same axes, a dot at the epoch kept."""
    limits = figures.curves_limits(histories)
    epochs = max(len(history) for history in histories.values())

    def draw(name: str) -> Markup:
        history, epoch = histories[name], int(kept[name])
        at_epoch = history[history["epoch"] == epoch].iloc[0]

        def fill(figure: Figure) -> None:
            for axes, measure in zip(figure.subplots(2, 1, sharex=True), ("loss", "accuracy"), strict=True):
                figures.draw_history(axes, history, measure, colour[name], limits[measure])
                axes.plot(epoch, at_epoch[f"validation_{measure}"], "o", color=colour[name], ms=5)
                axes.set(ylabel=measure, xlim=(0, epochs * 1.02))
            axes.set_xlabel("epoch")

        last = history.iloc[-1]
        description = (
            f"Epoch {epoch} of {len(history)} is kept: validation loss {at_epoch['validation_loss']:.3f}, accuracy "
            f"{at_epoch['validation_accuracy']:.3f}. In the last epoch the training loss is {last['train_loss']:.3f} "
            f"and the validation loss {last['validation_loss']:.3f}."
        )
        return svg.figure(f"history-{name}", f"Learning curves of {name}", description, (3, 3.2), fill)

    return {name: draw(name) for name in histories}


def coverage_figure(curve: pd.DataFrame, params: Params) -> Markup:
    """Draw how much of the training text has a word vector."""
    size = params.vocabularies[params.glove.vocabulary].size
    last = curve.iloc[-1]
    description = (
        f"Of all {int(last['words']):,} distinct words {last['types']:.1%} have a vector, of the running words "
        f"{last['tokens']:.1%}. The shares fall as rarer words are taken in."
    )

    def fill(figure: Figure) -> None:
        figures.draw_coverage(figure.subplots(), curve, size)

    return svg.figure("coverage", "Share of the training text that has a vector", description, (4.2, 2.8), fill)


def reliability_figure(name: str, bins: pd.DataFrame, colour: str) -> Markup:
    """Draw how often a headline is sarcastic that a variant gives a probability to."""

    def fill(figure: Figure) -> None:
        axes: Axes = figure.subplots()
        figures.draw_reliability(axes, bins, colour)
        axes.set(xlabel="probability given", ylabel="share sarcastic", xticks=(0, 0.5, 1), yticks=(0, 0.5, 1))

    points = (f"{p:.2f}, {share:.0%} of {count:.0f}" for p, share, count in bins.itertuples(index=False))
    description = f"Mean probability given, and share sarcastic of the headlines: {'; '.join(points)}."
    return svg.figure(f"reliability-{name}", f"Reliability of {name}", description, (2.4, 2.3), fill)


def _parameters(params: Params) -> dict[str, Any]:
    document = params.model_dump()
    for section in ("corpus", "glove"):
        document[section]["source"] = source_name(document[section]["source"])
    return document


def _cells(row: pd.DataFrame) -> Iterator[tuple[str, str]]:
    """Yield the value to sort by, as in the file, and the text of each column; what is not there sorts last."""
    for column in COLUMNS:
        value = row[column.key].iloc[0]
        yield ("", column.absent) if pd.isna(value) else (str(value), format(value, column.format))


def _breakable(name: str) -> Markup:
    """Let a long name break after each underscore."""
    return Markup("_<wbr>").join(escape(part) for part in name.split("_"))
