"""The charts of the report: inline SVG in the page's font and colours, light or dark, with a text alternative."""

from collections.abc import Mapping
from typing import NamedTuple

from sarcasm.figures import Histories, history_limits

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

    def place(self, x: ArrayLike, y: ArrayLike) -> list[tuple[float, float]]:
        """Convert units of the data to pixels from the upper left corner of the panel."""
        across = (np.asarray(x) - self.x[0]) / (self.x[1] - self.x[0]) * self.width
        down = (self.y[1] - np.asarray(y)) / (self.y[1] - self.y[0]) * self.height
        return list(zip(across.round(1).tolist(), down.round(1).tolist(), strict=True))

    def curve(self, x: ArrayLike, y: ArrayLike, colour: str, kind: str = "") -> Markup:
        """Draw a curve; the page's style has the kinds `dashed` and `thick`."""
        points = " ".join(f"{across},{down}" for across, down in self.place(x, y))
        return Markup('<polyline class="{}" style="--variant: {}" points="{}"/>').format(kind, colour, points)

    def dots(self, x: ArrayLike, y: ArrayLike, colour: str, area: float | pd.Series = 25) -> Markup:
        """Draw a dot at each point, of so many square pixels."""
        radii = np.broadcast_to(np.sqrt(np.asarray(area) / np.pi).round(1), np.shape(x))
        dot = Markup('<circle style="--variant: {}" cx="{}" cy="{}" r="{}"/>')
        return Markup().join(dot.format(colour, *at, r) for at, r in zip(self.place(x, y), radii, strict=True))

    def draw(self, top: int, *curves: Markup) -> Markup:
        """Draw axes, grid and curves, which end at its edges, `top` pixels below the upper edge of the chart."""
        bottom, right = top + self.height, LEFT + self.width
        grid = Markup('<path class="grid-line" d="M{} {}{}{}"/>')
        label = Markup('<text x="{}" y="{}" text-anchor="{}">{}</text>')
        parts = [label.format(0, top - 8, "start", self.y_label), label.format(right, bottom + 34, "end", self.x_label)]
        for tick in ticks(*self.x):
            [(across, _)] = self.place([tick], [0])
            parts.append(grid.format(LEFT + across, top, "v", self.height))
            parts.append(label.format(LEFT + across, bottom + 16, "middle", f"{tick:g}"))
        for tick in ticks(*self.y):
            [(_, down)] = self.place([0], [tick])
            parts.append(grid.format(LEFT, top + down, "h", self.width))
            parts.append(label.format(LEFT - 6, top + down + 4, "end", f"{tick:g}"))
        inside = Markup('<svg x="{}" y="{}" width="{}" height="{}">').format(LEFT, top, self.width, self.height)
        return Markup().join([*parts, inside, *curves, Markup("</svg>")])


def ticks(low: float, high: float) -> list[float]:
    """Return a few round numbers between two limits."""
    return [tick for tick in MaxNLocator(4, steps=[1, 2, 5, 10]).tick_values(low, high) if low <= tick <= high]


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
            panel = Panel(230, 90, (0, epochs * 1.02), limits[measure], label, measure)
            splits = {"train": "dashed", "validation": ""}
            curves = [
                panel.curve(history["epoch"], history[f"{split}_{measure}"], colour[name], kind)
                for split, kind in splits.items()
                for history in seeds
            ]
            dots = panel.dots(best["epoch"], best[f"validation_{measure}"], colour[name])
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


def threshold_charts(points: Mapping[str, pd.DataFrame], colour: Mapping[str, str], selected: str) -> list[Markup]:
    """Draw recall over the false positive rate and precision over recall of all variants, the selected one thicker."""

    def chart(name: str, title: str, x: str, y: str, at: float) -> Markup:
        panel = Panel(300, 200, (0, 1), (0, 1.02), x.replace("_", " "), y)
        curves = [
            panel.curve(table[x], table[y], colour[variant], "thick" if variant == selected else "")
            for variant, table in points.items()
        ]
        values = (f"{variant}: {np.interp(at, table[x], table[y]):.2f}" for variant, table in points.items())
        description = f"{y.capitalize()} at a {panel.x_label} of {at}: {'; '.join(values)}."
        return svg(name, title, description, 300, 200, panel.draw(ABOVE, *curves))

    return [
        chart("roc", "ROC curves", "false_positive_rate", "recall", 0.1),
        chart("precision-recall", "Precision-recall curves", "recall", "precision", 0.9),
    ]


def calibration_chart(name: str, bins: pd.DataFrame, colour: str, positive: str) -> Markup:
    """Draw the fraction of the class called `positive` over the predicted probability, one dot per bin."""
    panel = Panel(200, 200, (-0.04, 1.04), (-0.04, 1.04), "predicted probability", f"fraction {positive}")
    at = bins["probability"], bins["positive"]
    dots = panel.dots(*at, colour, 20 + 250 * bins["headlines"] / bins["headlines"].sum())
    curves = panel.curve([0, 1], [0, 1], "var(--guide)"), panel.curve(*at, colour), dots
    points = (f"{p:.2f}, {fraction:.0%} of {count:.0f}" for p, fraction, count in bins.itertuples(index=False))
    description = f"Mean predicted probability, and fraction {positive} of the headlines: {'; '.join(points)}."
    return svg(f"calibration-{name}", f"Calibration of {name}", description, 200, 200, panel.draw(ABOVE, *curves))
