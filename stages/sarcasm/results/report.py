"""The report: the results of the pipeline on one page without external files."""

import json
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

from sarcasm.base.params import GloveVariant, LearnedVariant, Params
from sarcasm.results import charts, figures
from sarcasm.results.tables import calibration, calibration_error, disagreements, only_correct, operating_points

TEMPLATES = Path(__file__).parent / "page"
LISTED = 15  # headlines in a list
COMPARED = 500  # headlines that are listed for two variants, of those on which all variants disagree most


class Input(NamedTuple):
    """An input file of the pipeline; size in bytes."""

    what: str
    source: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Results:
    """The content of the report, as the stages wrote it; histories has the variants of evaluation but the baseline."""

    params: Params
    inputs: list[Input]
    versions: Mapping[str, str]
    corpus: Mapping[str, Mapping[str, float]]
    vocabularies: Mapping[str, Mapping[str, float]]
    evaluation: pd.DataFrame
    differences: pd.DataFrame
    selected: Mapping[str, Any]
    histories: figures.Histories
    coverage: Mapping[str, Mapping[str, float]]
    curve: pd.DataFrame
    missing: pd.DataFrame
    predictions: pd.DataFrame
    sentences: pd.DataFrame
    models: Mapping[str, Any]
    errors: Mapping[str, Any]


class Column(NamedTuple):
    """A column of the table of scores; `better` is what comes first when the table is sorted by it."""

    key: str
    heading: str
    format: str
    better: str
    missing: str = "undefined"


COLUMNS = [
    Column("parameters", "parameters", ",d", "low"),
    Column("validation_loss", "validation loss", ".3f", "low"),
    Column("validation_accuracy", "validation accuracy", ".3f", "high"),
    Column("loss", "loss", ".3f", "low"),
    Column("f1", "F1", ".3f", "high"),
    Column("roc_auc", "ROC AUC", ".3f", "high"),
    Column("brier", "Brier", ".3f", "low"),
    Column("best_epoch", "best epoch", "d", "low"),
    Column("overfit_epoch", "overfitting onset", "d", "high", "never"),
]
EPOCHS = "best_epoch", "overfit_epoch"


def render(results: Results) -> str:
    """Return the page. Texts from outside are escaped; equal results give equal bytes."""
    evaluation, predictions = results.evaluation, results.predictions
    variants = [str(name) for name in evaluation.index]
    colour = figures.colours(variants)
    runs = results.params.runs
    pooled = {
        name: (pd.concat([predictions["label"]] * len(runs[name])), pd.concat([predictions[run] for run in runs[name]]))
        for name in variants
    }
    bins = {name: calibration(*pooled[name]) for name in variants}
    means = pd.DataFrame({name: predictions[runs[name]].mean(axis="columns") for name in variants})
    disputed = disagreements(predictions[["headline", "label"]].join(means), variants)
    classes = results.params.corpus.classes
    vocabulary_size = results.params.vocabularies.glove.size
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["breakable"] = _breakable
    environment.filters["sigmoid"] = lambda x: (1 + math.tanh(x / 2)) / 2
    in_page = [model["variant"] for model in results.models["models"]]
    data = {
        **results.models,
        "chosen": evaluation["validation_loss"].reindex(in_page).idxmin() if in_page else None,
        "variants": variants,
        "classes": classes,
        "only_correct": only_correct(predictions["label"], means),
        "headlines": [
            [str(row["headline"])[:300], row["label"], [round(row[name], 4) for name in variants]]
            for row in disputed.head(COMPARED).to_dict("records")
        ],
    }
    return environment.get_template("report.html").render(
        results=results,
        classes=classes,
        parameters=yaml.safe_dump(_parameters(results.params), sort_keys=False, allow_unicode=True, width=100),
        palette=list(zip(figures.COLOURS, figures.COLOURS_ON_DARK, strict=True)),
        baseline_colours=(figures.BASELINE_COLOUR, figures.BASELINE_COLOUR_ON_DARK),
        variable={name: charts.PAGE_COLOURS[colour[name]] for name in variants},
        network={name: describe_network(results.params.variant(name)) for name in results.histories},
        matrix=difference_matrix(results.differences, variants),
        split=evaluation["split"].iloc[0],
        seeds=int(evaluation["seeds"].max()),
        rows=evaluation.assign(variant=variants).to_dict("records"),
        columns=COLUMNS,
        cells={name: list(_cells(evaluation.loc[[name]])) for name in variants},
        scale=interval_scale(evaluation),
        history_charts=charts.history_charts(results.histories, colour),
        coverage_chart=charts.coverage_chart(results.curve, vocabulary_size),
        missing=results.missing.to_dict("records"),
        calibration_charts={
            name: charts.calibration_chart(name, bins[name], colour[name], classes[1]) for name in variants
        },
        calibration_errors={name: calibration_error(bins[name]) for name in variants},
        sentences=results.sentences.to_dict("records"),
        threshold_charts=charts.threshold_charts(
            {name: operating_points(*pooled[name]) for name in variants}, colour, results.selected["variant"]
        ),
        disagreements=disputed.head(LISTED).to_dict("records"),
        data=_script(data),
    )


def source_name(source: str) -> str:
    """Return a known name as it is, and the last part of a path or an address: the rest may be private."""
    return PurePosixPath(urlsplit(source.replace("\\", "/")).path).name


def describe_network(variant: LearnedVariant | GloveVariant) -> str:
    """Describe a variant in one line: its embedding, its layers and its learning rate."""
    if isinstance(variant, GloveVariant):
        embedding = f"GloVe, {'frozen' if variant.frozen else 'fine-tuned'}"
    else:
        embedding = f"embedding of {variant.embedding_dimension}"
    direction = "bidirectional " if variant.bidirectional else ""
    layers = (
        f"{variant.layers} {direction}{variant.cell.upper()} of {variant.hidden_size}" if variant.layers else "mean"
    )
    extra = " and extra vectors" if isinstance(variant, GloveVariant) and variant.extra_vectors else ""
    wide = ", wide path" if variant.wide else ""
    r_drop = ", R-Drop" if variant.training and variant.training.r_drop else ""
    dropout = ", dropout" if any(variant.dropout.model_dump().values()) else ""
    return f"{embedding}{extra}, {layers}{wide}{dropout}{r_drop}, learning rate {variant.learning_rate:g}"


def interval_scale(evaluation: pd.DataFrame) -> tuple[float, float]:
    """Return multiples of 0.05 that enclose all intervals."""
    low = math.floor(evaluation["accuracy_ci_low"].min() * 20) / 20
    high = math.ceil(evaluation["accuracy_ci_high"].max() * 20) / 20
    return (low, high) if low < high else (0, 1)


def difference_matrix(differences: pd.DataFrame, variants: list[str]) -> list[tuple[str, list[Any]]]:
    """Return a row for each variant but the first: its difference from each variant before it, or None."""
    cells = {(row["variant"], row["other"]): row for row in differences.to_dict("records")}
    return [(name, [cells.get((name, other)) for other in variants[:-1]]) for name in variants[1:]]


def _parameters(params: Params) -> dict[str, Any]:
    document = params.model_dump()
    for section in ("corpus", "glove", "extra_vectors"):
        document[section]["source"] = source_name(document[section]["source"])
    return document


def _cells(row: pd.DataFrame) -> Iterator[tuple[str, str]]:
    """Yield the value to sort by, as in the file, and the text of each column; missing values are sorted last."""
    for column in COLUMNS:
        value = row[column.key].iloc[0]
        # the baseline has no epochs
        missing = column.missing if column.key not in EPOCHS or pd.notna(row["best_epoch"].iloc[0]) else ""
        yield ("", missing) if pd.isna(value) else (str(value), format(value, column.format))


def _script(data: Any) -> Markup:
    """Return JSON that can be the content of a script element."""
    return Markup(json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c"))


def _breakable(name: str) -> Markup:
    """Allow a line break after each underscore of a long name."""
    return Markup("_<wbr>").join(escape(part) for part in name.split("_"))
