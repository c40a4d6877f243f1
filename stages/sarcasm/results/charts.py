"""The figures of the report as inline SVG: in the page's font and colours, light or dark, with a text alternative."""

import io
import re
import warnings
from collections.abc import Callable, Mapping
from textwrap import fill

import matplotlib
import numpy as np
import pandas as pd
from markupsafe import Markup, escape
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sarcasm.results import figures
from sarcasm.results.figures import BASELINE_COLOUR, COLOURS, GRID, GUIDE

INK = "#010203"  # replaced by the colour of the page's text
PAGE_COLOURS = {
    INK: "currentColor",
    GRID: "var(--grid)",
    GUIDE: "var(--guide)",
    BASELINE_COLOUR: "var(--baseline)",
    **{colour: f"var(--variant-{position})" for position, colour in enumerate(COLOURS)},
}
STYLE = matplotlib.rc_context(
    {
        "axes.edgecolor": INK,
        "axes.labelcolor": INK,
        "axes.linewidth": 0.6,
        "axes.spines.right": False,
        "axes.spines.top": False,
        "figure.constrained_layout.h_pad": 0.15,  # inches; room for the mark of a curve that leaves its panel
        "font.size": 9,
        "grid.color": GRID,
        "svg.fonttype": "none",  # text stays text
        "text.color": INK,
        "xtick.color": INK,
        "ytick.color": INK,
    }
)


@STYLE
def svg(name: str, title: str, description: str, size: tuple[float, float], draw: Callable[[Figure], None]) -> Markup:
    """Return a figure of `size` inches, filled by `draw`, as an SVG element; equal figures give equal bytes.

    `name` makes the ids of the element unique on the page; a screen reader reads `title` and `description`.
    """
    buffer = io.StringIO()
    figure = Figure(figsize=size, layout="constrained")
    draw(figure)
    with matplotlib.rc_context({"svg.hashsalt": name}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing")  # of a class name: the page's fonts have it
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    width, height = (round(72 * inches) for inches in size)
    return Markup(
        f'<svg viewBox="0 0 {width} {height}" role="img" aria-labelledby="{name}-title {name}-text">'
        f'<title id="{name}-title">{escape(title)}</title><desc id="{name}-text">{escape(description)}</desc>'
    ) + Markup(_body(buffer.getvalue()))


def _body(document: str) -> str:
    """Return the content of the root element without what would affect the page: ids, styles, fonts, colours."""
    _, _, body = document[document.index("<svg") :].partition(">")
    body = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>", "", body, flags=re.DOTALL)
    body = re.sub(r'<g id="[^"]*">', "<g>", body)  # nothing refers to groups; clip paths and markers have salted ids
    body = re.sub(r" font-family: [^;]*;", "", body)
    for colour, variable in PAGE_COLOURS.items():
        body = body.replace(f": {colour.lower()}", f": {variable}")
    return re.sub(r"\s*\n\s*", "\n", body.replace("xlink:href", "href"))


def history_charts(histories: figures.Histories, colour: Mapping[str, str]) -> dict[str, Markup]:
    """Draw loss above accuracy for each network, all on the same axes, with a dot at the best epoch of each seed."""
    limits = figures.history_limits(histories)
    epochs = max(len(history) for seeds in histories.values() for history in seeds)

    def chart(name: str) -> Markup:
        seeds = histories[name]
        best = pd.DataFrame([history.iloc[history["validation_loss"].argmin()] for history in seeds])
        last = pd.DataFrame([history.iloc[-1] for history in seeds])

        def draw(figure: Figure) -> None:
            for axes, measure in zip(figure.subplots(2, 1, sharex=True), ("loss", "accuracy"), strict=True):
                figures.draw_history(axes, seeds, measure, colour[name], limits[measure])
                axes.plot(best["epoch"], best[f"validation_{measure}"], "o", color=colour[name], ms=5)
                axes.set(ylabel=measure, xlim=(0, epochs * 1.02))
            axes.set_xlabel("epoch")

        description = (
            f"{f'Means over {len(seeds)} seeds: ' if len(seeds) > 1 else ''}the lowest validation loss is "
            f"{best['validation_loss'].mean():.3f}, with accuracy {best['validation_accuracy'].mean():.3f}, at epoch "
            f"{best['epoch'].mean():.0f} of {len(seeds[0])}. In the last epoch the training loss is "
            f"{last['train_loss'].mean():.3f} and the validation loss {last['validation_loss'].mean():.3f}."
        )
        return svg(f"history-{name}", f"Learning curves of {name}", description, (3, 3.2), draw)

    return {name: chart(name) for name in histories}


def coverage_chart(curve: pd.DataFrame, size: int) -> Markup:
    """Draw how much of the training text has a word vector; `size` is that of the vocabulary."""
    last = curve.iloc[-1]
    description = (
        f"Of all {int(last['types']):,} types {last['type_coverage']:.1%} have a vector, of the tokens "
        f"{last['token_coverage']:.1%}. Rare words more often have none."
    )

    def draw(figure: Figure) -> None:
        figures.draw_coverage(figure.subplots(), curve, size)

    return svg("coverage", "Coverage of the training text by word vectors", description, (4.2, 2.8), draw)


def threshold_charts(points: Mapping[str, pd.DataFrame], colour: Mapping[str, str], selected: str) -> list[Markup]:
    """Draw recall over the false positive rate and precision over recall of all variants, the selected one thicker."""

    def chart(name: str, title: str, x: str, y: str, at: float) -> Markup:
        def draw(figure: Figure) -> None:
            axes: Axes = figure.subplots()
            for variant, table in points.items():
                axes.plot(table[x], table[y], color=colour[variant], lw=2.2 if variant == selected else 0.8)
            axes.set(xlabel=x.replace("_", " "), ylabel=y, xlim=(0, 1), ylim=(0, 1.02))
            axes.grid(True)

        values = (f"{variant}: {np.interp(at, table[x], table[y]):.2f}" for variant, table in points.items())
        description = f"{y.capitalize()} at a {x.replace('_', ' ')} of {at}: {'; '.join(values)}."
        return svg(name, title, description, (4.2, 3.2), draw)

    return [
        chart("roc", "ROC curves", "false_positive_rate", "recall", 0.1),
        chart("precision-recall", "Precision-recall curves", "recall", "precision", 0.9),
    ]


def calibration_chart(name: str, bins: pd.DataFrame, colour: str, positive: str) -> Markup:
    """Draw the fraction of the class called `positive` over the predicted probability of one variant."""

    def draw(figure: Figure) -> None:
        axes: Axes = figure.subplots()
        figures.draw_calibration(axes, bins, colour)
        axes.set(xlabel="predicted probability", xticks=(0, 0.5, 1), yticks=(0, 0.5, 1))
        axes.set_ylabel(fill(f"fraction {positive}", 22), parse_math=False)

    points = (f"{p:.2f}, {fraction:.0%} of {count:.0f}" for p, fraction, count in bins.itertuples(index=False))
    description = f"Mean predicted probability, and fraction {positive} of the headlines: {'; '.join(points)}."
    return svg(f"calibration-{name}", f"Calibration of {name}", description, (2.4, 2.3), draw)
