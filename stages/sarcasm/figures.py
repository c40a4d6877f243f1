"""The figures, light and dark: the finding in the title, from the numbers; validation solid, training dashed."""

from collections.abc import Mapping, Sequence
from itertools import cycle
from pathlib import Path
from textwrap import wrap
from typing import Any, NamedTuple

from sarcasm.stage import atomic_write

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.ticker import MaxNLocator
from PIL import Image

# Of the variants in the report and in `dvc plots`: on white, and a similar hue for a dark page; the first is the
# baseline's, a 13th network has the first network's again. After Paul Tol's muted scheme, adjusted: a contrast of at
# least 3 on white, and every two of the networks at least 18 apart (CIE76) for readers with normal vision, protanopia
# and deuteranopia.
COLOURS = {
    "#666666": "#AAAAAA",
    "#332288": "#8F8BF0",
    "#4A9BD1": "#6DB6E8",
    "#246F36": "#5FBF77",
    "#E94E78": "#F2799A",
    "#B58E1D": "#DDBB55",
    "#A72D90": "#D97BCB",
    "#2DA690": "#5CC9B6",
    "#882255": "#D9679B",
    "#818C3E": "#BDBD52",
    "#2F5BEA": "#7C98FF",
    "#8B1E00": "#E08A5A",
    "#111111": "#FFFFFF",
}
BASELINE_COLOUR, *NETWORK_COLOURS = COLOURS
STYLE = matplotlib.rc_context(
    {
        "axes.spines.right": False,
        "axes.spines.top": False,
        "axes.titlelocation": "left",
        "axes.titlesize": 12,
        "figure.constrained_layout.use": True,
        "figure.constrained_layout.h_pad": 0.1,  # inches
        "figure.dpi": 200,  # sharp at twice the pixels
        "figure.titlesize": 12,
        "font.size": 11,
        "grid.color": "#E5E5E5",
    }
)
Histories = Mapping[str, Sequence[pd.DataFrame]]  # of each network, one for each seed


class Theme(NamedTuple):
    """The colours of a figure."""

    background: str
    text: str
    note: str
    guide: str
    better: str
    worse: str


# the dark background is GitHub's; a text has a contrast of at least 4.5
THEMES = {
    "": Theme("#FFFFFF", "#1F2328", "#59636E", "#D5D9DE", "#1B6DB5", "#A85F00"),
    "-dark": Theme("#0D1117", "#F0F3F6", "#9DA7B3", "#3A424C", "#6CB6F5", "#E8A04D"),
}


def colours(variants: list[str]) -> dict[str, str]:
    """Return the colour of each variant, by its position in params.yaml; the first one is the baseline."""
    return {variants[0]: BASELINE_COLOUR, **dict(zip(variants[1:], cycle(NETWORK_COLOURS), strict=False))}


def save_figure(path: Path, figure: Figure) -> None:
    """Write the figure as PNG; equal figures give equal bytes."""
    canvas = FigureCanvasAgg(figure)  # draws once, where savefig draws twice
    canvas.draw()  # type: ignore[no-untyped-call]
    pixels = np.asarray(canvas.buffer_rgba())[..., :3]  # type: ignore[no-untyped-call]
    with atomic_write(path) as temporary:
        image = Image.fromarray(pixels).quantize(128, dither=Image.Dither.NONE)  # a third of the bytes
        image.save(temporary, "PNG", optimize=True)


def history_limits(histories: Histories) -> dict[str, tuple[float, float]]:
    """Return limits of loss and accuracy for all histories, so that figures can be compared."""
    table = pd.concat([history for seeds in histories.values() for history in seeds])
    losses = table[["train_loss", "validation_loss"]]
    accuracies = table[["train_accuracy", "validation_accuracy"]]
    top = min(losses.max().max(), 1.2)  # nats; the maximum of a curve that goes higher is written above the panel
    return {"loss": (0, top * 1.05), "accuracy": (accuracies.min().min() - 0.02, 1)}


def significance(evaluation: pd.DataFrame) -> pd.Series:
    """Return 1 for a variant that is significantly more accurate than the baseline, -1 for less, 0 for neither."""
    return (evaluation["difference_low"] > 0).astype(int) - (evaluation["difference_high"] < 0).astype(int)


def comparison_title(evaluation: pd.DataFrame) -> str:
    """Return which networks are significantly more accurate than the baseline, which is the first row."""
    baseline, networks = evaluation.index[0], len(evaluation) - 1
    better, worse = ([str(name) for name in evaluation.index[significance(evaluation) == sign]] for sign in (1, -1))
    selected = str(evaluation["validation_loss"].idxmin())
    if len(worse) == networks:
        return f"Every network is significantly less accurate than {baseline}"
    who = f"Only {shorten(better[0])} is" if len(better) == 1 < networks else _count(len(better), networks, "is", "are")
    title = f"{who} significantly more accurate than {baseline}"
    return f"{title}; the selected {shorten(selected)} is not" if better and selected not in better else title


def losses_title(networks: pd.DataFrame) -> str:
    """Return how many networks overfit, and which one has the lowest validation loss."""
    overfit = _count(networks["overfit_epoch"].count(), len(networks), "overfits", "overfit")
    return f"{overfit}; {shorten(str(networks['validation_loss'].idxmin()))} has the lowest validation loss"


def _count(number: int, networks: int, verb: str, verbs: str) -> str:
    if number in (0, networks):
        return f"{'Every' if number else 'No'} network {verb}"
    return f"{number} of {networks} networks {verb if number == 1 else verbs}"


def shorten(name: str) -> str:
    """Return a name, the middle of a long one left out."""
    return name if len(name) <= 28 else f"{name[:13]}…{name[-14:]}"


def start_figure(theme: Theme, height: float, title: str, *notes: str) -> tuple[Figure, float, Text]:
    """Return a figure with a title and notes above a body of `height` inches, the body's share of it, the last note."""
    lines = wrap(title, 76)
    total = 0.2 + 0.24 * len(lines) + 0.19 * len(notes) + height
    figure = Figure(figsize=(8, total), facecolor=theme.background, layout="none")  # type: ignore[arg-type]
    top = total - 0.12
    for line in lines:
        last = figure.text(0.012, top / total, line, va="top", size=12.5, weight="bold", color=theme.text)
        top -= 0.24
    for note in notes:
        last = figure.text(0.012, top / total, note, va="top", size=9, color=theme.note)
        top -= 0.19
    return figure, height / total, last


def style_axes(axes: Axes, theme: Theme) -> None:
    """Colour the axes, of which only the lower one has a line."""
    axes.set_facecolor(theme.background)
    axes.spines["left"].set_visible(False)
    axes.spines["bottom"].set_color(theme.guide)
    axes.tick_params("x", color=theme.guide, labelcolor=theme.note, labelsize=9)
    axes.tick_params("y", length=0, labelcolor=theme.note, labelsize=9)


@STYLE
def comparison(evaluation: pd.DataFrame, theme: Theme) -> Figure:
    """Draw the accuracy of each variant with its interval, highest on top, and its difference from the baseline."""
    baseline, signs = evaluation.iloc[0], significance(evaluation.iloc[1:])
    of = "test split" if baseline["split"] == "test" else "validation split (there is no test split)"
    notes = (
        f"Accuracy on the {baseline['headlines']:,} headlines of the {of}{_means(evaluation)}, with 95 % intervals.",
        "Bold: selected by validation loss. Significantly:",
    )
    figure, share, last = start_figure(theme, 0.5 + 0.28 * len(evaluation), comparison_title(evaluation), *notes)
    figure.set_layout_engine("constrained", rect=(0, 0, 1, share), w_pad=0.1, h_pad=0.04)
    axes = figure.subplots()
    style_axes(axes, theme)

    def write(text: str, at: tuple[float, float], beside: Any, points: int, **style: Any) -> Text:
        return axes.annotate(text, at, (points, 0), beside, "offset points", size=9.5, **style)

    colour = {1: theme.better, -1: theme.worse, 0: theme.note}
    for sign, verdict in {1: "more accurate", -1: "less accurate", 0: "neither"}.items():
        text = f"{(signs == sign).sum()} {verdict}"
        last = write(text, (1, 0), last, 8, va="bottom", weight="bold", color=colour[sign], in_layout=False)

    ordered = evaluation.sort_values("accuracy", kind="stable")
    rows, edges = list(range(len(ordered))), ("axes fraction", "data")
    shades = [colour[signs[name]] if name in signs else theme.text for name in ordered.index]
    faces = [theme.background if shade == theme.note else shade for shade in shades]
    cells = [(f"{row['accuracy']:.3f}", _difference(row)) for _, row in ordered.iterrows()]
    heading = "accuracy", "difference (95 % interval)"
    for y, texts, shade in zip([*rows, len(rows) - 0.1], [*cells, heading], [*shades, theme.note], strict=True):
        write(texts[0], (1, y), edges, 46, ha="right", va="center", color=shade)
        write(texts[1], (1, y), edges, 58, ha="left", va="center", color=shade)
    axes.axvspan(baseline["accuracy_ci_low"], baseline["accuracy_ci_high"], color=theme.guide, alpha=0.5, lw=0)
    axes.axvline(baseline["accuracy"], color=theme.note, lw=1)
    axes.hlines(rows, ordered["accuracy_ci_low"], ordered["accuracy_ci_high"], shades, lw=3, alpha=0.5)
    axes.scatter(ordered["accuracy"], rows, 45, faces, edgecolors=shades, lw=1.5, zorder=3)
    axes.set_ylim(-0.6, len(rows) + 0.15)
    axes.locator_params("x", nbins=6)
    axes.set_yticks(rows, [shorten(str(name)) for name in ordered.index], size=10, color=theme.text)
    for name, label in zip(ordered.index, axes.get_yticklabels(), strict=True):
        label.set_fontweight("bold" if name == evaluation["validation_loss"].idxmin() else "normal")
    return figure


def _means(evaluation: pd.DataFrame) -> str:
    seeds = evaluation["seeds"].max()
    return f", means over {seeds} seeds" if seeds > 1 else ""


def _difference(row: pd.Series) -> str:
    if pd.isna(row["difference"]):
        return "baseline, no neural network"
    difference, low, high = (f"{row[key]:+.3f}" for key in ("difference", "difference_low", "difference_high"))
    return f"{difference} ({low} to {high})".replace("-", "−")


@STYLE
def losses(histories: pd.DataFrame, evaluation: pd.DataFrame, save_weights: str, theme: Theme) -> Figure:
    """Draw the losses of each network over the epochs, a panel each, the lowest validation loss first.

    histories: means over the seeds, as `tables.join_histories` returns them; save_weights: `best` or `last`
    """
    networks = evaluation.loc[histories["variant"].unique()].sort_values("validation_loss", kind="stable")
    notes = (
        f"Loss per headline (nats) over the epochs{_means(networks)}. Solid: validation; dashed: training;"
        " grey: other networks.",
        "Dot: the saved epoch. Shaded: overfitting, the validation loss stays more than 0.05 above the training loss.",
    )
    columns = min(3, len(networks))
    rows = -(-len(networks) // columns)
    height = 0.2 + 1.55 * rows
    figure, share, _ = start_figure(theme, height, losses_title(networks), *notes)
    figure.subplots_adjust(0.05, share * 0.25 / height, 0.985, share * (1 - 0.45 / height), 0.12, 0.5)
    panels: list[Axes] = list(figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).flat)
    epochs, limits = int(histories["epoch"].max()), history_limits({"": [histories]})["loss"]
    ticks = MaxNLocator(4, integer=True, steps=[1, 2, 5, 10]).tick_values(1, epochs)
    margin = max(0.5, 0.02 * epochs)
    panels[0].set(xlim=(1 - margin, epochs + margin), ylim=limits)
    panels[0].set_xticks([1, *(tick for tick in ticks if 1 < tick <= epochs)])

    curves = {name: table[["epoch", "train_loss", "validation_loss"]] for name, table in histories.groupby("variant")}
    for axes, (name, row) in zip(panels, networks.iterrows(), strict=False):
        others = [curve[["epoch", "validation_loss"]] for other, curve in curves.items() if other != name]
        epoch, training, validation = curves[str(name)].to_numpy().T
        saved = row["best_epoch"] if save_weights == "best" else epochs
        style_axes(axes, theme)
        axes.add_collection(LineCollection([other.to_numpy() for other in others], colors=theme.guide, lw=0.8))
        if not pd.isna(onset := row["overfit_epoch"]):
            axes.fill_between(epoch, training, validation, epoch >= onset, color=theme.worse, alpha=0.2, lw=0)
        axes.plot(epoch, training, "--o" if epochs == 1 else "--", color=theme.text, lw=1, mfc=theme.background)
        axes.plot(epoch, validation, color=theme.text, lw=1.5)
        axes.plot(saved, row["validation_loss"], "o", color=theme.text, ms=5)
        axes.set_title(shorten(str(name)), size=9.5, weight="bold", color=theme.text, pad=17)
        labels = {"left": f"● {row['validation_loss']:.3f}, epoch {saved}"}
        if (highest := max(training.max(), validation.max())) > limits[1]:
            labels["right"] = f"↑ {highest:.1f}"
        for side, text in labels.items():
            at = (float(side == "right"), 1)
            axes.annotate(text, at, (0, 4), "axes fraction", "offset points", ha=side, size=9, color=theme.note)
    for axes in panels[len(networks) :]:
        axes.set_axis_off()
    for axes in panels[max(len(networks) - columns, 0) : len(networks)]:
        axes.tick_params("x", labelbottom=True)
    return figure
