"""The figures: one question each, answered in the title; training dashed, validation solid; one colour per variant."""

from collections.abc import Mapping, Sequence
from itertools import cycle
from pathlib import Path

from sarcasm.stage import atomic_write

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

# On white, and a similar hue for a dark page; the first is the baseline's. After Paul Tol's muted scheme, adjusted: a
# contrast of at least 3 on white, and every two of the networks at least 18 apart (CIE76) for readers with normal
# vision, protanopia and deuteranopia.
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
}
BASELINE_COLOUR, *NETWORK_COLOURS = COLOURS
STYLE = matplotlib.rc_context(
    {
        "axes.spines.right": False,
        "axes.spines.top": False,
        "axes.titlelocation": "left",
        "axes.titlesize": 12,
        "figure.constrained_layout.use": True,
        "figure.constrained_layout.h_pad": 0.1,  # inches; room for the mark of a curve that leaves its panel
        "figure.dpi": 110,
        "figure.titlesize": 12,
        "font.size": 11,
        "grid.color": "#E5E5E5",
    }
)
Histories = Mapping[str, Sequence[pd.DataFrame]]  # of each network, one for each seed


def colours(variants: list[str]) -> dict[str, str]:
    """Return the colour of each variant, by its position in params.yaml; the first one is the baseline."""
    return {variants[0]: BASELINE_COLOUR, **dict(zip(variants[1:], cycle(NETWORK_COLOURS), strict=False))}


def save_figure(path: Path, figure: Figure) -> None:
    """Write the figure as PNG; equal figures give equal bytes."""
    canvas = FigureCanvasAgg(figure)  # draws once, where savefig draws twice
    with atomic_write(path) as temporary:
        canvas.print_png(temporary, metadata={"Software": None})  # type: ignore[no-untyped-call]


def history_limits(histories: Histories) -> dict[str, tuple[float, float]]:
    """Return limits of loss and accuracy for all histories, so that figures can be compared."""
    table = pd.concat([history for seeds in histories.values() for history in seeds])
    losses = table[["train_loss", "validation_loss"]]
    accuracies = table[["train_accuracy", "validation_accuracy"]]
    top = min(losses.max().max(), 1.2)  # nats; the maximum of a curve that goes higher is written above the panel
    return {"loss": (0, top * 1.05), "accuracy": (accuracies.min().min() - 0.02, 1)}


@STYLE
def comparison(evaluation: pd.DataFrame, colour: Mapping[str, str]) -> Figure:
    """Draw the accuracy of each variant with its interval, highest first."""
    ordered = evaluation.sort_values("accuracy", kind="stable")
    split = ordered["split"].iloc[0]
    figure = Figure(figsize=(8, 0.7 + 0.42 * len(ordered)))
    axes = figure.subplots()
    for position, (name, row) in enumerate(ordered.iterrows()):
        interval = row["accuracy_ci_low"], row["accuracy_ci_high"]
        axes.plot(interval, [position, position], color=colour[str(name)], lw=3, alpha=0.5)
        axes.plot(row["accuracy"], position, "o", color=colour[str(name)], ms=8)
        label = f"{row['accuracy']:.3f}"
        axes.annotate(label, (row["accuracy"], position), (0, 7), textcoords="offset points", ha="center")
    axes.set(yticks=range(len(ordered)), yticklabels=ordered.index, ylim=(-0.6, len(ordered) - 0.2))
    seeds = ordered["seeds"].max()
    over = f"headlines and {seeds} seeds" if seeds > 1 else "headlines"
    axes.set_xlabel(f"accuracy on the {split} split, with 95 % interval over {over}", x=1, ha="right")
    axes.set_title(
        f"{ordered.index[-1]} has the highest accuracy on the {split} split: {ordered['accuracy'].iloc[-1]:.3f}"
    )
    axes.grid(True, axis="x")
    return figure


@STYLE
def losses(histories: Histories, colour: Mapping[str, str]) -> Figure:
    """Draw the losses of every variant over the epochs, one panel each, on shared axes."""
    columns = 3
    rows = -(-len(histories) // columns)
    figure = Figure(figsize=(8, 0.5 + 1.8 * rows))
    lowest = min(histories, key=lambda name: np.mean([seed["validation_loss"].min() for seed in histories[name]]))
    figure.suptitle(f"Which variants overfit? {lowest} has the lowest validation loss", x=0.03, ha="left")
    panels: list[Axes] = list(figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).flat)
    low, high = history_limits(histories)["loss"]
    for axes, (name, seeds) in zip(panels, histories.items(), strict=False):
        for history in seeds:
            width = 1.5 if len(seeds) == 1 else 0.8
            axes.plot(history["epoch"], history["train_loss"], "--", color=colour[name], lw=width)
            axes.plot(history["epoch"], history["validation_loss"], color=colour[name], lw=width)
        highest = max(history[["train_loss", "validation_loss"]].max().max() for history in seeds)
        if highest > high:
            mark = axes.annotate(f"↑ {highest:.1f}", (1, 1), xycoords="axes fraction", ha="right", va="bottom")
            mark.set(color=colour[name], fontsize="small", in_layout=False)  # the panels keep one size
        axes.set_title(name, fontsize=10)
        axes.grid(True, axis="y")
    panels[0].set_ylim(low, high)
    for axes in panels[len(histories) :]:
        axes.set_axis_off()
    figure.supxlabel("epoch", fontsize=11)
    figure.supylabel("loss per headline (nats), training dashed", fontsize=11)
    return figure


@STYLE
def coverage(curve: pd.DataFrame, size: int) -> Figure:
    """Draw the coverage of types and of tokens by word vectors, over the number of most frequent words.

    curve: columns types, type_coverage, token_coverage; size: entries of the vocabulary in use.
    """
    figure = Figure(figsize=(8, 3.4))
    axes = figure.subplots()
    last = curve.iloc[-1]
    for measure, style in (("token", "-"), ("type", "--")):
        values = curve[f"{measure}_coverage"]
        axes.plot(curve["types"], values, style, color=NETWORK_COLOURS[0])
        label = f"{measure}s {values.iloc[-1]:.1%}"
        axes.annotate(label, (last["types"], values.iloc[-1]), (6, -4), textcoords="offset points")
    if size < last["types"]:
        low, high = axes.get_ylim()
        axes.set_ylim(low - 0.12 * (high - low), high)  # room for the label below the curves
        axes.axvline(size, color="#888888", lw=1)
        axes.annotate(f"vocabulary: {size:,} ", (size, axes.get_ylim()[0]), ha="right", va="bottom")
    axes.set(xscale="log", xlabel="most frequent words", xlim=(8, last["types"] * 8), ylabel="fraction with a vector")
    axes.grid(True, axis="y")
    axes.set_title(f"{last['token_coverage']:.1%} of the training tokens have a word vector")
    return figure


@STYLE
def lengths(histograms: Mapping[str, pd.DataFrame], limits: Mapping[str, int]) -> Figure:
    """Draw the number of headlines by number of tokens, one panel per vocabulary, up to its maximum length.

    histograms: columns tokens, headlines.
    """
    figure = Figure(figsize=(8, 3))
    longest = max(int(table["tokens"].max()) for table in histograms.values())
    figure.suptitle(f"How long are headlines? The longest has {longest} tokens", x=0.03, ha="left")
    panels = figure.subplots(1, len(histograms), sharey=True, squeeze=False)[0]
    for axes, (name, table) in zip(panels, histograms.items(), strict=True):
        inside = table[table["tokens"] <= limits[name]]
        truncated = table["headlines"].sum() - inside["headlines"].sum()
        axes.stairs(inside["headlines"], np.arange(len(inside) + 1) - 0.5, fill=True, color=NETWORK_COLOURS[0])
        axes.set_title(f"{name}: {truncated or 'none'} truncated at {limits[name]}", fontsize=10)
        axes.set_xlabel("tokens per headline")
    panels[0].set_ylabel("headlines")
    return figure
