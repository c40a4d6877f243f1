"""The charts of the report: inline SVG in the page's font and colours, light or dark, with a text alternative."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sarcasm.figures import Histories, history_limits
from sarcasm.params import BASELINE

import numpy as np
import pandas as pd
from markupsafe import Markup
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike

LEFT, RIGHT, ABOVE, BELOW = 34, 10, 22, 38  # around a panel, for its labels, in pixels


class Panel(NamedTuple):
    """A pair of axes: size in pixels, limits in units of the data, labels."""

    width: int
    height: int
    x: tuple[float, float]
    y: tuple[float, float]
    x_label: str
    y_label: str
    whole: bool = False  # ticks of x at whole numbers

    def place(self, x: ArrayLike, y: ArrayLike) -> list[tuple[float, float]]:
        """Convert units of the data to pixels from the upper left corner of the panel."""
        across = (np.asarray(x) - self.x[0]) / (self.x[1] - self.x[0]) * self.width
        down = (self.y[1] - np.asarray(y)) / (self.y[1] - self.y[0]) * self.height
        return list(zip(across.round(1).tolist(), down.round(1).tolist(), strict=True))

    def curve(self, x: ArrayLike, y: ArrayLike, colour: str, kind: str = "") -> Markup:
        """Draw a curve; the page's style has the kinds `dashed` and `thick`."""
        points = " ".join(f"{across},{down}" for across, down in self.place(x, y))
        return Markup('<polyline class="{}" style="--variant: {}" points="{}"/>').format(kind, colour, points)

    def dots(self, x: ArrayLike, y: ArrayLike, colour: str, kind: str = "") -> Markup:
        """Draw a dot at each point; the page's style has the kind `hollow`."""
        dot = Markup('<circle class="{}" style="--variant: {}" cx="{}" cy="{}" r="3"/>')
        return Markup().join(dot.format(kind, colour, *at) for at in self.place(x, y))

    def lines(self, x: ArrayLike, low: ArrayLike, high: ArrayLike, colour: str) -> Markup:
        """Draw a vertical line from each lower to each upper limit."""
        line = Markup('<path class="bar-line" style="--variant: {}" d="M{} {}V{}"/>')
        ends = zip(self.place(x, low), self.place(x, high), strict=True)
        return Markup().join(line.format(colour, *start, end) for start, (_, end) in ends)

    def label(self, start: tuple[float, float], end: tuple[float, float], text: str) -> Markup:
        """Draw a text at `end`, inside of the panel, with a line from `start` on its curve."""
        [(x, y), (across, down)] = self.place(*zip(start, end, strict=True))
        anchor, away = ("start", 4) if across < self.width / 2 else ("end", -4)
        return Markup('<path class="leader" d="M{} {}L{} {}"/><text x="{}" y="{}" text-anchor="{}">{}</text>').format(
            x, y, across, down, across + away, down + 4, anchor, text if len(text) <= 24 else f"{text[:23]}…"
        )

    def draw(self, top: int, *curves: Markup) -> Markup:
        """Draw axes, grid and curves, which end at its edges, `top` pixels below the upper edge of the chart."""
        bottom, right = top + self.height, LEFT + self.width
        grid = Markup('<path class="grid-line" d="M{} {}{}{}"/>')
        label = Markup('<text x="{}" y="{}" text-anchor="{}">{}</text>')
        parts = [label.format(0, top - 8, "start", self.y_label), label.format(right, bottom + 34, "end", self.x_label)]
        for tick in ticks(*self.x, self.whole):
            [(across, _)] = self.place([tick], [0])
            parts.append(grid.format(LEFT + across, top, "v", self.height))
            parts.append(label.format(LEFT + across, bottom + 16, "middle", f"{tick:g}"))
        for tick in ticks(*self.y):
            [(_, down)] = self.place([0], [tick])
            parts.append(grid.format(LEFT, top + down, "h", self.width))
            parts.append(label.format(LEFT - 6, top + down + 4, "end", f"{tick:g}"))
        inside = Markup('<svg x="{}" y="{}" width="{}" height="{}">').format(LEFT, top, self.width, self.height)
        return Markup().join([*parts, inside, *curves, Markup("</svg>")])


def ticks(low: float, high: float, whole: bool = False) -> list[float]:
    """Return a few round numbers between two limits."""
    locator = MaxNLocator(4, steps=[1, 2, 5, 10], integer=whole, min_n_ticks=1)
    return [tick for tick in locator.tick_values(low, high) if low <= tick <= high]


def svg(name: str, title: str, description: str, width: int, height: int, *parts: Markup) -> Markup:
    """Return the parts of panels, which take `width` x `height` pixels, as an SVG element.

    `name` makes its ids unique on the page; a screen reader reads `title` and `description`.
    """
    start = Markup(
        '<svg class="chart" viewBox="0 0 {width} {height}" role="img" aria-labelledby="{name}-title {name}-text">'
        '<title id="{name}-title">{title}</title><desc id="{name}-text">{text}</desc>'
    ).format(name=name, title=title, text=description, width=LEFT + width + RIGHT, height=ABOVE + height + BELOW)
    return Markup().join([start, *parts, Markup("</svg>")])


def history_charts(histories: Histories, colour: Mapping[str, str]) -> dict[str, Markup]:
    """Draw loss above accuracy for each network, all on the same axes, with a dot at the best epoch of each seed."""
    limits = history_limits(histories)
    epochs = max(len(history) for seeds in histories.values() for history in seeds)

    def chart(name: str) -> Markup:
        seeds = histories[name]
        best = pd.DataFrame([history.iloc[history["validation_loss"].argmin()] for history in seeds])
        last = pd.DataFrame([history.iloc[-1] for history in seeds])
        parts = []
        for measure, top, label in (("loss", ABOVE, ""), ("accuracy", ABOVE + 138, "epoch")):
            panel = Panel(230, 90, (0, epochs * 1.02), limits[measure], label, measure, whole=True)
            splits = {"train": "dashed", "validation": ""}
            curves = [
                panel.curve(history["epoch"], history[f"{split}_{measure}"], colour[name], kind)
                for split, kind in splits.items()
                for history in seeds
            ]
            dots = panel.dots(best["epoch"], best[f"validation_{measure}"], colour[name])
            if epochs == 1:  # a curve of one point is not visible
                dots += panel.dots(last["epoch"], last[f"train_{measure}"], colour[name], "hollow")
            highest = max(history[f"{split}_{measure}"].max() for split in splits for history in seeds)
            if highest > panel.y[1]:
                mark = Markup('<text x="{}" y="{}" text-anchor="end">↑ {:.1f}</text>')
                parts.append(mark.format(LEFT + panel.width, top - 8, highest))
            parts.append(panel.draw(top, *curves, dots))
        description = (
            f"{f'Means over {len(seeds)} seeds: ' if len(seeds) > 1 else ''}the lowest validation loss is "
            f"{best['validation_loss'].mean():.3f}, with accuracy {best['validation_accuracy'].mean():.3f}, at epoch "
            f"{best['epoch'].mean():.0f} of {len(seeds[0])}. In the last epoch the training loss is "
            f"{last['train_loss'].mean():.3f} and the validation loss {last['validation_loss'].mean():.3f}."
        )
        return svg(f"history-{name}", f"Learning curves of {name}", description, 230, 228, *parts)

    return {name: chart(name) for name in histories}


def variant_curves(
    panel: Panel,
    tables: Mapping[str, pd.DataFrame],
    columns: tuple[str, str],
    colour: Mapping[str, str],
    main: Sequence[str],
    start: float,
    end: float,
) -> list[Markup]:
    """Draw a curve for each variant: those of `main` coloured, the others grey until the page highlights them.

    Labels are at `end` on x, below each other, with lines to them from `start` and to the right of it. Tables with
    columns `low` and `high` get these intervals.
    """
    group = Markup('<g class="{}" data-variant="{}" style="--variant: {}">{}<g class="details">{}</g></g>')
    curves = []
    for name in [*(name for name in tables if name not in main), *reversed(main)]:  # the selected one above the others
        slot = main.index(name) if name in main else len(main)
        x, y, *limits = (tables[name][column] for column in (*columns, "low", "high") if column in tables[name])
        at = start + 0.1 * slot
        details = panel.label((at, float(np.interp(at, x, y))), (end, 0.22 - 0.09 * slot), name)
        if limits:
            low, high = limits
            details += panel.lines(x, low, high, colour[name]) + panel.dots(x, y, colour[name])
        kind = "" if name in main else "other"
        curves.append(group.format(kind, name, colour[name], panel.curve(x, y, colour[name]), details))
    return curves


def probability_charts(
    points: Mapping[str, pd.DataFrame],
    bins: Mapping[str, pd.DataFrame],
    colour: Mapping[str, str],
    selected: str,
    positive: str,
) -> list[Markup]:
    """Draw recall over the false positive rate, precision over recall, and calibration, of all variants.

    `positive` is the name of the class.
    """
    rate, recall = "false_positive_rate", "recall"
    main = list(dict.fromkeys([selected, BASELINE]))

    def chart(
        title: str,
        tables: Mapping[str, pd.DataFrame],
        x: str,
        y: str,
        axes: tuple[str, str],
        at: float,
        end: float,
        text: str,
    ) -> Markup:
        panel = Panel(270, 210, (-0.02, 1.02), (-0.02, 1.02), *axes)
        diagonal = panel.curve([0, 1], [0, 1], "var(--guide)") if tables is bins else Markup()
        curves = variant_curves(panel, tables, (x, y), colour, main, at, end)
        return svg(title.split()[0], title, text, 270, 210, panel.draw(ABOVE, diagonal, *curves))

    def values(x: str, y: str, at: float) -> str:
        return "; ".join(f"{name}: {np.interp(at, table[x], table[y]):.2f}" for name, table in points.items())

    at_rate = f"Recall at a false positive rate of 0.1: {values(rate, recall, 0.1)}."
    at_recall = f"Precision at a recall of 0.9: {values(recall, 'precision', 0.9)}."
    found = (f"{p:.2f}, {part:.0%} of {n:.0f}" for p, part, n, *_ in bins[selected].itertuples(index=False))
    in_bins = (
        f"Mean predicted probability, and fraction {positive} of the headlines, of {selected}: {'; '.join(found)}."
    )
    probability, fraction = "predicted probability", f"fraction {positive}"
    return [
        chart("ROC curves", points, rate, recall, ("false positive rate", recall), 0.15, 0.42, at_rate),
        chart("Precision-recall curves", points, recall, "precision", (recall, "precision"), 0.65, 0.58, at_recall),
        chart("Calibration", bins, "probability", "positive", (probability, fraction), 0.75, 0.98, in_bins),
    ]
