"""The figures: one question each, answered in the title; training dashed, validation solid; one colour a variant."""

from collections.abc import Mapping
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sarcasm.files import replacing

# Source: Paul Tol's muted scheme, distinct for colour-blind readers
COLOURS = ["#332288", "#88CCEE", "#117733", "#CC6677", "#DDCC77", "#AA4499", "#44AA99", "#882255", "#999933"]
# the same hues, for a dark page
COLOURS_ON_DARK = ["#8F8BF0", "#88CCEE", "#5FBF77", "#E08D99", "#DDCC77", "#D97BCB", "#5CC9B6", "#D9679B", "#BDBD52"]
GRID, GUIDE = "#E5E5E5", "#888888"
STYLE = matplotlib.rc_context(
    {
        "axes.spines.right": False,
        "axes.spines.top": False,
        "axes.titlelocation": "left",
        "axes.titlesize": 12,
        "figure.constrained_layout.use": True,
        "font.size": 11,
        "grid.color": GRID,
        "legend.frameon": False,
    }
)
Histories = Mapping[str, pd.DataFrame]


def colours(variants: list[str]) -> dict[str, str]:
    """Give each variant its colour, by its place in params.yaml."""
    return {name: COLOURS[place % len(COLOURS)] for place, name in enumerate(variants)}


def save_figure(path: Path, figure: Figure) -> None:
    """Write the figure as PNG; equal figures give equal bytes."""
    with replacing(path) as temporary:
        figure.savefig(temporary, format="png", dpi=110, metadata={"Software": None})


def curves_limits(histories: Histories) -> dict[str, tuple[float, float]]:
    """Return the limits of loss and accuracy that all curves fit in, so that figures can be held side by side."""
    table = pd.concat(histories.values())
    losses = table[["train_loss", "validation_loss"]]
    accuracies = table[["train_accuracy", "validation_accuracy"]]
    top = min(losses.max().max(), 1.2)  # nats; a run that is far above has left the picture
    return {"loss": (0, top * 1.05), "accuracy": (accuracies.min().min() - 0.02, 1)}


@STYLE
def curves(name: str, history: pd.DataFrame, colour: str, limits: Mapping[str, tuple[float, float]]) -> Figure:
    """Draw loss (left) and accuracy (right) of one variant over the epochs, as in the book."""
    figure = Figure(figsize=(8, 3.4))
    last = history.iloc[-1]
    gap = last["validation_loss"] - last["train_loss"]
    verdict = "the losses stay together" if gap <= 0.05 else f"validation loss ends {gap:.2f} above training"
    figure.suptitle(f"{name}: {verdict}", x=0.01, ha="left", fontsize=12)
    units = {"loss": "loss (nats a headline)", "accuracy": "accuracy"}
    for axes, (measure, unit) in zip(figure.subplots(1, 2), units.items(), strict=True):
        draw_history(axes, history, measure, colour, limits[measure])
        axes.set(xlabel="epoch", ylabel=unit, xlim=(0, None))
        axes.legend(loc="best")
    return figure


def draw_history(axes: Axes, history: pd.DataFrame, measure: str, colour: str, limits: tuple[float, float]) -> None:
    """Draw the loss or the accuracy of one variant over the epochs."""
    for split, style in (("train", "--"), ("validation", "-")):
        axes.plot(history["epoch"], history[f"{split}_{measure}"], style, color=colour, label=split)
    axes.set_ylim(limits)
    axes.grid(True, axis="y")


@STYLE
def comparison(evaluation: pd.DataFrame, colour: Mapping[str, str]) -> Figure:
    """Draw each variant's accuracy with its interval, the best on top."""
    ordered = evaluation.sort_values("accuracy", kind="stable")
    split = ordered["split"].iloc[0]
    figure = Figure(figsize=(8, 0.7 + 0.42 * len(ordered)))
    axes = figure.subplots()
    for place, (name, row) in enumerate(ordered.iterrows()):
        axes.plot([row["low"], row["high"]], [place, place], color=colour[str(name)], lw=3, alpha=0.5)
        axes.plot(row["accuracy"], place, "o", color=colour[str(name)], ms=8)
        axes.annotate(
            f"{row['accuracy']:.3f}", (row["accuracy"], place), (0, 7), textcoords="offset points", ha="center"
        )
    axes.set(yticks=range(len(ordered)), yticklabels=ordered.index, ylim=(-0.6, len(ordered) - 0.2))
    axes.set_xlabel(f"accuracy on the {split} split, with 95 % bootstrap interval")
    axes.set_title(f"{ordered.index[-1]} judges {ordered['accuracy'].iloc[-1]:.1%} of the headlines right")
    axes.grid(True, axis="x")
    return figure


@STYLE
def losses(histories: Histories, colour: Mapping[str, str]) -> Figure:
    """Draw the losses of every variant over the epochs, a panel each, on shared axes."""
    columns = 3
    rows = -(-len(histories) // columns)
    figure = Figure(figsize=(8, 0.5 + 1.8 * rows))
    lowest = min(histories, key=lambda name: histories[name]["validation_loss"].min())
    figure.suptitle(
        f"Which variants overfit? {lowest} reaches the lowest validation loss", x=0.01, ha="left", fontsize=12
    )
    panels: list[Axes] = list(figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).flat)
    limits = curves_limits(histories)["loss"]
    for axes, (name, history) in zip(panels, histories.items(), strict=False):
        draw_history(axes, history, "loss", colour[name], limits)
        axes.set_title(name, fontsize=10)
    for axes in panels[len(histories) :]:
        axes.set_axis_off()
    figure.supxlabel("epoch", fontsize=11)
    figure.supylabel("loss, training dashed", fontsize=11)
    return figure


@STYLE
def coverage(curve: pd.DataFrame, size: int) -> Figure:
    """Draw the share of types and of tokens that have a vector, over the number of words taken.

    curve: columns words, types, tokens; size: words of the vocabulary in use.
    """
    figure = Figure(figsize=(8, 3.4))
    axes = figure.subplots()
    draw_coverage(axes, curve, size)
    axes.set_title(f"Word vectors cover {curve['tokens'].iloc[-1]:.1%} of the training text")
    return figure


def draw_coverage(axes: Axes, curve: pd.DataFrame, size: int) -> None:
    """Draw the two shares, and the vocabulary's size where it is short of all words."""
    last = curve.iloc[-1]
    for measure, style, label in (("tokens", "-", "running words"), ("types", "--", "distinct words")):
        axes.plot(curve["words"], curve[measure], style, color=COLOURS[0])
        axes.annotate(
            f"{label} {last[measure]:.1%}", (last["words"], last[measure]), (6, -4), textcoords="offset points"
        )
    if size < last["words"]:
        axes.axvline(size, color=GUIDE, lw=1)
        axes.annotate(f"vocabulary: {size:,}", (size, axes.get_ylim()[0]), (4, 4), textcoords="offset points")
    axes.set(
        xscale="log", xlabel="most frequent words taken", xlim=(8, last["words"] * 6), ylabel="share with a vector"
    )
    axes.grid(True, axis="y")


def draw_reliability(axes: Axes, bins: pd.DataFrame, colour: str) -> None:
    """Draw the share of sarcastic headlines over the probability given, a dot a bin, as large as it has headlines.

    bins: columns probability, sarcastic, headlines.
    """
    axes.plot([0, 1], [0, 1], color=GUIDE, lw=1)
    axes.plot(bins["probability"], bins["sarcastic"], color=colour)
    share = bins["headlines"] / bins["headlines"].sum()
    axes.scatter(bins["probability"], bins["sarcastic"], 8 + 150 * share, colour)
    axes.set(xlim=(-0.03, 1.03), ylim=(-0.03, 1.03), aspect="equal")
    axes.grid(True)


@STYLE
def lengths(histograms: Mapping[str, pd.DataFrame], limits: Mapping[str, int]) -> Figure:
    """Draw how many headlines have how many tokens, a panel a vocabulary, against its maximum length.

    histograms: columns tokens, headlines.
    """
    figure = Figure(figsize=(8, 3))
    longest = max(int(table["tokens"].max()) for table in histograms.values())
    figure.suptitle(f"The longest headline has {longest} tokens: padding is most of a padded batch", x=0.01, ha="left")
    panels = figure.subplots(1, len(histograms), sharey=True, squeeze=False)[0]
    for axes, (name, table) in zip(panels, histograms.items(), strict=True):
        axes.stairs(table["headlines"], np.arange(len(table) + 1) - 0.5, fill=True, color=COLOURS[0])
        axes.axvline(limits[name], color=GUIDE, lw=1)
        axes.annotate(f"cut at {limits[name]} ", (limits[name], table["headlines"].max()), ha="right", va="top")
        axes.set(title=name, xlabel="tokens", ylabel="headlines")
    return figure
