"""Draw the figures, write the table of results and the report, a page that opens from disk.

    python stages/report.py

in:   data/page.json                   models that classify in the page, words of the worst errors
      data/predictions.csv             the probability of each headline from each run
      metrics/corpus.json, metrics/vocabulary/<name>.json, metrics/coverage.json, metrics/evaluation.csv,
      metrics/differences.csv, metrics/selected.json
      plots/history/<run>.csv, plots/missing_words.csv, plots/sentences.csv
      params.yaml                      all of it
out:  plots/comparison.png, plots/comparison-dark.png   accuracy of every variant, difference from the baseline
      plots/losses.png, plots/losses-dark.png           losses of every network over the epochs
      plots/results.md                 scores of every variant
      plots/histories.csv, plots/confusion.csv   what `dvc plots` draws
      plots/report.html                the report
"""

import json
import math
import platform
from importlib.metadata import version
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from sarcasm import charts, figures, tables
from sarcasm.params import BASELINE, GROUPS, Params, read_params, read_yaml
from sarcasm.stage import make_parser, read_json, run, write_csv, write_text

import jinja2
import pandas as pd
import yaml
from markupsafe import Markup, escape

LIBRARIES = "torch", "numpy", "pandas", "scikit-learn", "beautifulsoup4", "matplotlib", "Jinja2", "dvc"
LISTED = 15  # headlines in the list of disagreements
COMPARED = 500  # headlines that are listed for two variants, of those on which all variants disagree most


def main() -> None:
    """Run the stage."""
    params = read_params(Path("params.yaml"))
    evaluation = tables.read_evaluation(Path("metrics/evaluation.csv"))
    histories = tables.read_histories(params)
    epochs = tables.join_histories(histories)

    drawn = {}
    for suffix, theme in figures.THEMES.items():
        drawn[f"comparison{suffix}"] = figures.comparison(evaluation, theme)
        drawn[f"losses{suffix}"] = figures.losses(epochs, evaluation, params.train.save_weights, theme)
    colour = figures.colours(list(params.runs))
    on_page = {name: f"light-dark({light}, {figures.COLOURS[light]})" for name, light in colour.items()}
    page = render_page(params, evaluation, histories, on_page)

    for name, figure in drawn.items():
        figures.save_figure(Path(f"plots/{name}.png"), figure)
    write_csv(Path("plots/histories.csv"), epochs)
    write_csv(Path("plots/confusion.csv"), tables.confusion(evaluation, params.corpus.classes))
    write_text(Path("plots/results.md"), tables.format_results(evaluation))
    write_text(Path("plots/report.html"), page)
    print(f"plots/report.html: {len(page.encode()):,} bytes")


def render_page(params: Params, evaluation: pd.DataFrame, histories: figures.Histories, colour: dict[str, str]) -> str:
    """Return the page, the variant with the lowest validation loss first.

    Texts from outside are escaped; equal results give equal bytes.
    """
    names = list(evaluation["validation_loss"].sort_values(kind="stable").index)
    colour = {name: colour[name] for name in names}
    document = read_yaml(Path("params.yaml"))
    computed = read_json(Path("data/page.json"))
    selected = read_json(Path("metrics/selected.json"))
    vocabularies = {name: read_json(Path(f"metrics/vocabulary/{name}.json")) for name, _ in params.vocabularies}
    differences = pd.read_csv("metrics/differences.csv", dtype={"variant": str, "other": str}, keep_default_na=False)
    predictions = tables.read_table(Path("data/predictions.csv"), "headline")

    labels = predictions["label"]
    means = pd.DataFrame({name: predictions[params.runs[name]].mean(axis="columns") for name in names})
    disputed = tables.disagreements(predictions[["headline", "label"]].join(means), list(params.runs))
    evaluated = evaluation.loc[names]
    probability_charts, evaluated["calibration_error"] = draw_predictions(
        params, predictions, colour, selected["variant"]
    )
    order = {name: place for place, name in enumerate(names)}
    models = sorted(computed["models"], key=lambda model: order[model["variant"]])
    unseen = "unseen" if params.split.test else "validation"
    data = {
        **{key: computed[key] for key in ("shared", "stop_words")},
        "models": [model | {"right": f"{((predictions[model['run']] > 0.5) == labels).sum():,}"} for model in models],
        "counted": f"{len(labels):,} {unseen} headlines",
        "suggested": suggest_headlines(predictions["headline"], labels, predictions[selected["run"]]),
        "selected": selected["variant"],
        "baseline": BASELINE,
        "colour": colour,
        "classes": params.corpus.classes,
        "only_correct": tables.only_correct(labels, means),
        "headlines": [
            [str(row["headline"])[:300], row["label"], [round(row[name], 4) for name in means]]
            for row in disputed.head(COMPARED).to_dict("records")
        ],
    }
    return load_template().render(
        params=params,
        parameters=describe_parameters(document),
        arguments={name: describe_variant(own) for group in GROUPS for name, own in document[group].items()},
        classes=[Markup("<bdi>{}</bdi>").format(name) for name in params.corpus.classes],
        # without Python's patch version and torch's build, which should not change the bytes
        versions={"Python": platform.python_version().rpartition(".")[0]}
        | {name: version(name).partition("+")[0] for name in LIBRARIES},
        corpus=read_json(Path("metrics/corpus.json")),
        vocabularies=vocabularies,
        coverage=read_json(Path("metrics/coverage.json")),
        missing=tables.read_table(Path("plots/missing_words.csv"), "word").to_dict("records"),
        colour=colour,
        selected=selected,
        baseline=BASELINE,
        evaluation=evaluated.astype(object).where(evaluated.notna(), None).to_dict("index"),
        scale=interval_scale(evaluation),
        differences=both_ways(differences),
        history_charts=charts.history_charts({name: histories[name] for name in names if name in histories}, colour),
        probability_charts=probability_charts,
        sentences=tables.read_table(Path("plots/sentences.csv"), "sentence").to_dict("records"),
        errors=computed["errors"],
        disagreements=disputed.head(LISTED).to_dict("records"),
        # "<" is escaped, as JSON in a script element could end it
        data=Markup(json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")),
    )


def draw_predictions(
    params: Params, predictions: pd.DataFrame, colour: dict[str, str], selected: str
) -> tuple[list[Markup], dict[str, float]]:
    """Return the charts of thresholds and calibration, and the calibration error of each variant."""
    points, bins = {}, {}
    for name in colour:
        runs = params.runs[name]
        labels = pd.concat([predictions["label"]] * len(runs))  # the seeds of a variant follow each other
        probabilities = pd.concat([predictions[run] for run in runs])
        points[name] = tables.operating_points(labels, probabilities)
        bins[name] = tables.calibration(labels, probabilities, len(runs))
    drawn = charts.probability_charts(points, bins, colour, selected, params.corpus.classes[1])
    return drawn, {name: tables.calibration_error(table) for name, table in bins.items()}


def suggest_headlines(headlines: pd.Series, labels: pd.Series, probabilities: pd.Series) -> list[str]:
    """Return the most confident correct headline of each class, the positive one first, and the least confident one."""
    distance, correct = (probabilities - 0.5).abs(), (probabilities > 0.5) == labels
    table = pd.DataFrame({"headline": headlines, "label": labels, "correct": correct, "distance": distance})
    table = table.sort_values("distance", ascending=False, kind="stable")
    confident = table[table["correct"]].drop_duplicates("label").sort_values("label", ascending=False)
    return list(dict.fromkeys([*confident["headline"], table["headline"].iloc[-1]]))


def both_ways(differences: pd.DataFrame) -> dict[tuple[str, str], dict[str, float]]:
    """Return the difference and its interval of every two variants, each minus the other."""
    found = {}
    for one, other, difference, low, high in differences.itertuples(index=False):
        found[one, other] = {"difference": difference, "low": low, "high": high}
        found[other, one] = {"difference": -difference, "low": -high, "high": -low}
    return found


def load_template() -> jinja2.Template:
    """Return the template of the page."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "sarcasm/page"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["breakable"] = lambda name: Markup("_<wbr>").join(escape(part) for part in name.split("_"))
    environment.filters["sigmoid"] = lambda x: (1 + math.tanh(x / 2)) / 2
    environment.filters["signed"] = signed
    environment.globals |= {"format_score": tables.format_score, "with_deviation": tables.with_deviation}
    return environment.get_template("report.html")


def signed(x: float, decimals: int = 3) -> str:
    """Format a number with a sign, unless it is 0 when rounded."""
    size = f"{abs(x):.{decimals}f}"
    return size if float(size) == 0 else f"{'−' if x < 0 else '+'}{size}"


def describe_variant(own: dict[str, Any]) -> str:
    """Return the arguments of a variant in one line, as params.yaml has them."""
    return str(yaml.safe_dump(own, default_flow_style=True, sort_keys=False, width=math.inf))[1:-2]  # without braces


def describe_parameters(document: dict[str, Any]) -> str:
    """Return params.yaml, of paths and addresses only the last part."""
    shown = {section: dict(values) for section, values in document.items()}
    for section in ("corpus", "vectors"):
        shown[section]["source"] = source_name(shown[section]["source"])
    return str(yaml.safe_dump(shown, sort_keys=False, allow_unicode=True, width=100))


def source_name(source: str) -> str:
    """Return a known name as it is, and the last part of a path or an address: the rest may be private."""
    return PurePosixPath(urlsplit(source.replace("\\", "/")).path).name


def interval_scale(evaluation: pd.DataFrame) -> tuple[float, float]:
    """Return multiples of 0.05 that enclose all intervals."""
    low = math.floor(evaluation["accuracy_ci_low"].min() * 20) / 20
    high = math.ceil(evaluation["accuracy_ci_high"].max() * 20) / 20
    return (low, high) if low < high else (0, 1)


if __name__ == "__main__":
    run(main, make_parser(__doc__))
