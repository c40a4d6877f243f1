"""The figures: one question each, answered in the title; training dashed, validation solid; one colour per variant."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from sarcasm.base.files import atomic_write

# After Paul Tol's muted scheme, adjusted: each has a contrast of at least 3 on white, and every two are at least 18
# apart (CIE76) for readers with normal vision, protanopia and deuteranopia.
# The baseline is grey.
COLOURS = [
    *("#332288", "#4A9BD1", "#246F36", "#E94E78", "#B58E1D", "#A72D90", "#2DA690", "#882255", "#818C3E"),
    *("#2F5BEA", "#8B1E00"),
]
# similar hues for a dark page
COLOURS_ON_DARK = [
    *("#8F8BF0", "#6DB6E8", "#5FBF77", "#F2799A", "#DDBB55", "#D97BCB", "#5CC9B6", "#D9679B", "#BDBD52"),
    *("#7C98FF", "#E08A5A"),
]
BASELINE_COLOUR, BASELINE_COLOUR_ON_DARK = "#666666", "#AAAAAA"
GRID, GUIDE = "#E5E5E5", "#888888"
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
        "grid.color": GRID,
        "legend.frameon": False,
    }
)
UNITS = {"loss": "loss per headline (nats)", "accuracy": "accuracy"}
Histories = Mapping[str, Sequence[pd.DataFrame]]  # of each network, one for each seed
Limits = Mapping[str, tuple[float, float]]


def colours(variants: list[str]) -> dict[str, str]:
    """Return the colour of each variant, by its position in params.yaml; the first one is the baseline."""
    networks = {name: COLOURS[position % len(COLOURS)] for position, name in enumerate(variants[1:])}
    return {variants[0]: BASELINE_COLOUR, **networks}


def save_figure(path: Path, figure: Figure) -> None:
    """Write the figure as PNG; equal figures give equal bytes."""
    canvas = FigureCanvasAgg(figure)  # draws once, where savefig draws twice
    with atomic_write(path) as temporary:
        canvas.print_png(temporary, metadata={"Software": None})  # type: ignore[no-untyped-call]


def set_title(figure: Figure, title: str) -> None:
    """Put a title at the upper left of a figure with several panels."""
    figure.suptitle(title, x=0.03, ha="left")


def history_limits(histories: Histories) -> dict[str, tuple[float, float]]:
    """Return limits of loss and accuracy for all histories, so that figures can be compared."""
    table = pd.concat([history for seeds in histories.values() for history in seeds])
    losses = table[["train_loss", "validation_loss"]]
    accuracies = table[["train_accuracy", "validation_accuracy"]]
    top = min(losses.max().max(), 1.2)  # nats; the maximum of a curve that goes higher is written above the panel
    return {"loss": (0, top * 1.05), "accuracy": (accuracies.min().min() - 0.02, 1)}


@STYLE
def curves(name: str, histories: Sequence[pd.DataFrame], colour: str, limits: Limits) -> Figure:
    """Draw loss (left) and accuracy (right) of one variant over the epochs, as in the book, a line for each seed."""
    figure = Figure(figsize=(8, 3.7))
    gap = np.mean([history["validation_loss"].iloc[-1] - history["train_loss"].iloc[-1] for history in histories])
    answer = "no overfitting" if gap <= 0.05 else f"validation loss ends {gap:.2f} above training loss"
    set_title(figure, f"{name}: {answer}")
    for axes, measure in zip(figure.subplots(1, 2), UNITS, strict=True):
        draw_history(axes, histories, measure, colour, limits[measure])
        axes.set(xlabel="epoch", ylabel=UNITS[measure], xlim=(0, None))
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return figure


def draw_history(
    axes: Axes, histories: Sequence[pd.DataFrame], measure: str, colour: str, limits: tuple[float, float]
) -> None:
    """Draw loss or accuracy of one variant over the epochs; if its curves leave the panel, write their maximum."""
    for split, style in (("train", "--"), ("validation", "-")):
        for seed, history in enumerate(histories):
            label = None if seed else "training" if split == "train" else split
            width = 1.5 if len(histories) == 1 else 0.8
            axes.plot(history["epoch"], history[f"{split}_{measure}"], style, color=colour, lw=width, label=label)
    highest = pd.concat(histories)[[f"train_{measure}", f"validation_{measure}"]].max().max()
    if highest > limits[1]:
        mark = axes.annotate(f"↑ max {highest:.1f}", (1, 1), xycoords="axes fraction", ha="right", va="bottom")
        mark.set(color=colour, fontsize="small", in_layout=False)  # the panels of a figure keep one size
    axes.set_ylim(limits)
    axes.grid(True, axis="y")


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
    set_title(figure, f"Which variants overfit? {lowest} has the lowest validation loss")
    panels: list[Axes] = list(figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).flat)
    limits = history_limits(histories)["loss"]
    for axes, (name, seeds) in zip(panels, histories.items(), strict=False):
        draw_history(axes, seeds, "loss", colour[name], limits)
        axes.set_title(name, fontsize=10)
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
    draw_coverage(axes, curve, size)
    axes.set_title(f"{curve['token_coverage'].iloc[-1]:.1%} of the training tokens have a word vector")
    return figure


def draw_coverage(axes: Axes, curve: pd.DataFrame, size: int) -> None:
    """Draw both coverages, and the vocabulary's size if it does not contain all words."""
    last = curve.iloc[-1]
    for measure, style in (("token", "-"), ("type", "--")):
        values = curve[f"{measure}_coverage"]
        axes.plot(curve["types"], values, style, color=COLOURS[0])
        label = f"{measure}s {values.iloc[-1]:.1%}"
        axes.annotate(label, (last["types"], values.iloc[-1]), (6, -4), textcoords="offset points")
    if size < last["types"]:
        low, high = axes.get_ylim()
        axes.set_ylim(low - 0.12 * (high - low), high)  # room for the label below the curves
        axes.axvline(size, color=GUIDE, lw=1)
        axes.annotate(f"vocabulary: {size:,} ", (size, axes.get_ylim()[0]), ha="right", va="bottom")
    axes.set(xscale="log", xlabel="most frequent words", xlim=(8, last["types"] * 8), ylabel="fraction with a vector")
    axes.grid(True, axis="y")


def draw_calibration(axes: Axes, bins: pd.DataFrame, colour: str) -> None:
    """Draw the fraction of the positive class over the predicted probability, one dot per bin, sized by headlines.

    bins: columns probability, positive, headlines.
    """
    axes.plot([0, 1], [0, 1], color=GUIDE, lw=1)
    axes.plot(bins["probability"], bins["positive"], color=colour)
    fraction = bins["headlines"] / bins["headlines"].sum()
    axes.scatter(bins["probability"], bins["positive"], 8 + 150 * fraction, colour, zorder=3)
    axes.set(xlim=(-0.03, 1.03), ylim=(-0.03, 1.03), aspect="equal")
    axes.grid(True)


@STYLE
def lengths(histograms: Mapping[str, pd.DataFrame], limits: Mapping[str, int]) -> Figure:
    """Draw the number of headlines by number of tokens, one panel per vocabulary, up to its maximum length.

    histograms: columns tokens, headlines.
    """
    figure = Figure(figsize=(8, 3))
    longest = max(int(table["tokens"].max()) for table in histograms.values())
    set_title(figure, f"How long are headlines? The longest has {longest} tokens")
    panels = figure.subplots(1, len(histograms), sharey=True, squeeze=False)[0]
    for axes, (name, table) in zip(panels, histograms.items(), strict=True):
        inside = table[table["tokens"] <= limits[name]]
        truncated = table["headlines"].sum() - inside["headlines"].sum()
        axes.stairs(inside["headlines"], np.arange(len(inside) + 1) - 0.5, fill=True, color=COLOURS[0])
        axes.set_title(f"{name}: {truncated or 'none'} truncated at {limits[name]}", fontsize=10)
        axes.set_xlabel("tokens per headline")
    panels[0].set_ylabel("headlines")
    return figure
