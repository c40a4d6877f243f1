"""The figures and the charts: their colours, the finding in the title, what they write next to the curves."""

import json
import re

from sarcasm import charts, tables
from sarcasm.figures import COLOURS, NETWORK_COLOURS, THEMES, colours, comparison, comparison_title, losses, save_figure
from sarcasm.params import read_yaml

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex, to_rgb
from tests.project import ROOT

# what readers with dichromacy see, on linear RGB. Source: Machado, Oliveira, Fernandes (2009), severity 1
VISION = {
    "normal": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
}
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])  # D65
TO_LAB = np.array([[0, 116, 0], [500, -500, 0], [0, 200, -200]])  # without the offset of L


def linear(*colours):
    """Return the colours, sRGB, without its gamma, float (colours, 3)."""
    rgb = np.array([to_rgb(colour) for colour in colours])
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def contrast(colour, background):
    """Return the contrast as WCAG defines it: 1 to 21."""
    dark, light = sorted(linear(colour, background) @ TO_XYZ[1])
    return (light + 0.05) / (dark + 0.05)


def distances(colours, vision):
    """Return the CIE76 distance of every two colours."""
    seen = np.clip(linear(*colours) @ np.transpose(VISION[vision]), 0, 1)
    xyz = seen @ TO_XYZ.T / TO_XYZ.sum(axis=1)
    lab = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116) @ TO_LAB.T
    first, second = np.triu_indices(len(colours), 1)
    return np.linalg.norm(lab[first] - lab[second], axis=-1)


def test_contrast_with_the_background():
    assert min(contrast(colour, "#ffffff") for colour in COLOURS) >= 3
    assert min(contrast(colour, "#14161a") for colour in COLOURS.values()) >= 4.5


@pytest.mark.parametrize("vision", VISION)
def test_distance_of_colours(vision):
    assert distances(NETWORK_COLOURS, vision).min() >= 18


@pytest.mark.parametrize("theme", THEMES.values(), ids=["light", "dark"])
def test_better_worse_and_neither_can_be_read_and_told_apart(theme):
    texts = theme.text, theme.note, theme.better, theme.worse
    assert min(contrast(colour, theme.background) for colour in texts) >= 4.5
    assert min(distances(texts[1:], vision).min() for vision in VISION) >= 18


def test_dvc_plots_has_the_colours_of_the_report_in_the_order_of_params_yaml():
    found = list(colours([str(number) for number in range(14)]).values())
    assert found == ["#666666", *NETWORK_COLOURS, NETWORK_COLOURS[0]]
    colour = json.loads((ROOT / ".dvc/plots/variants.json").read_text(encoding="utf-8"))["encoding"]["color"]
    assert colour["scale"]["range"] == NETWORK_COLOURS and colour["sort"] is None  # the order of the file
    params = read_yaml(ROOT / "params.yaml")
    histories = tables.read_table(ROOT / "plots/histories.csv", "variant")
    assert list(histories["variant"].unique()) == [*params["variants"], *params["pretrained_variants"]]


def evaluation(**rows):
    """Return an evaluation: of each variant its accuracy, validation loss, and the interval of its difference."""
    table = pd.DataFrame(rows, index=["accuracy", "validation_loss", "difference_low", "difference_high"]).T
    table["difference"] = (table["difference_low"] + table["difference_high"]) / 2
    table = table.assign(accuracy_ci_low=table["accuracy"] - 0.01, accuracy_ci_high=table["accuracy"] + 0.01)
    table = table.assign(split="test", headlines=3355, seeds=1, best_epoch=2, overfit_epoch=np.nan)
    return table.astype({"best_epoch": "Int64", "overfit_epoch": "Int64"})


TFIDF = (0.88, 0.30, np.nan, np.nan)
MORE, LESS, NEITHER = (0.9, 0.2, 0.01, 0.03), (0.8, 0.4, -0.1, -0.06), (0.885, 0.25, -0.005, 0.015)


@pytest.mark.parametrize(
    ("networks", "title"),
    [
        ([LESS, NEITHER], "No network is significantly more accurate than tfidf"),
        ([LESS, LESS], "Every network is significantly less accurate than tfidf"),
        ([LESS, MORE], "Only n1 is significantly more accurate than tfidf"),
        ([MORE, LESS, MORE], "2 of 3 networks are significantly more accurate than tfidf"),
        ([MORE], "Every network is significantly more accurate than tfidf"),
        (
            [(0.95, 0.5, 0.05, 0.1), NEITHER],
            "Only n0 is significantly more accurate than tfidf; the selected n1 is not",
        ),
        (
            [(0.95, 0.5, 0.05, 0.1), LESS],
            "Only n0 is significantly more accurate than tfidf; the selected tfidf is not",
        ),
    ],
)
def test_the_title_is_the_finding(networks, title):
    rows = {f"n{number}": scores for number, scores in enumerate(networks)}
    assert comparison_title(evaluation(tfidf=TFIDF, **rows)) == title


def test_the_comparison_says_which_differences_are_significant():
    light = THEMES[""]
    table = evaluation(tfidf=TFIDF, less=LESS, more=MORE, neither=NEITHER)
    figure = comparison(table, light)
    (axes,) = figure.axes
    labels = {label.get_text(): label.get_fontweight() for label in axes.get_yticklabels()}
    assert labels == {"less": "normal", "tfidf": "normal", "neither": "normal", "more": "bold"}
    assert [to_hex(line).upper() for line in axes.collections[0].get_colors()[:, :3]] == [
        *(light.worse, light.text, light.note, light.better)
    ]
    texts = {text.get_text(): text.get_color() for text in axes.texts}
    assert (
        texts.items() >= {"−0.080 (−0.100 to −0.060)": light.worse, "+0.020 (+0.010 to +0.030)": light.better}.items()
    )
    assert {"1 more accurate", "1 less accurate", "1 neither", "0.885", "baseline, no neural network"} <= texts.keys()
    assert figure.texts[1].get_text() == "Accuracy on the 3,355 headlines of the test split, with 95 % intervals."
    note = comparison(table.assign(split="validation", seeds=[1, 3, 3, 3]), light).texts[1].get_text()
    assert "of the validation split (there is no test split), means over 3 seeds, " in note


def history(train, validation):
    """Return the history of a network: its losses."""
    scores = {"train_loss": train, "validation_loss": validation, "train_accuracy": 0.9, "validation_accuracy": 0.7}
    return pd.DataFrame({"epoch": range(1, len(train) + 1), **scores})


def test_panels_are_sorted_name_the_saved_epoch_shade_overfitting_and_have_integer_epochs():
    histories = {
        "high": [history([0.5, 2.34, 1], [0.5, 0.4, 0.45])],
        "low": [history([0.4, 0.2, 0.1], [0.4, 0.3, 0.35])],
    }
    scores = {"high": (0.8, 0.4, -0.1, 0.1), "low": (0.9, 0.3, -0.1, 0.1), f"n{'a' * 30}b": (0.9, 0.2, -0.1, 0.1)}
    table = evaluation(tfidf=TFIDF, **scores)
    table.loc["low", "overfit_epoch"] = 2
    joined = tables.join_histories(histories)
    figure = losses(joined, table, "best", THEMES["-dark"])
    panels = {axes.get_title("left"): [text.get_text() for text in axes.texts] for axes in figure.axes}
    assert panels == {"low": ["● 0.300, epoch 2"], "high": ["● 0.400, epoch 2", "↑ 2.3"]}
    assert list(panels) == ["low", "high"] and [len(axes.collections) for axes in figure.axes] == [2, 1]
    assert figure.texts[0].get_text() == "1 of 2 networks overfits; low has the lowest validation loss"
    assert figure.axes[0].get_ylim() == figure.axes[1].get_ylim() == pytest.approx((0, 1.2 * 1.05))
    assert figure.axes[0].get_xticks().tolist() == [1, 2, 3]
    last = losses(joined, table, "last", THEMES[""])
    assert last.axes[0].texts[0].get_text() == "● 0.300, epoch 3"
    drawn = charts.history_charts(histories, {"high": "red", "low": "blue"})
    assert "↑ 2.3</text>" in drawn["high"] and "↑" not in drawn["low"]
    long = tables.join_histories({f"n{'a' * 30}b": [history([0.4], [0.3])]})
    (axes,) = losses(long, table, "best", THEMES[""]).axes
    assert axes.get_title("left") == f"n{'a' * 12}…{'a' * 13}b" and axes.lines[0].get_marker() == "o"


@pytest.mark.parametrize("name", ["news-headlines-v1", "news-headlines-v2"])
def test_the_committed_figures_follow_from_the_committed_tables(tmp_path, name):
    folder = ROOT / "results" / name
    table = tables.read_evaluation(folder / "evaluation.csv")
    histories = tables.read_table(folder / "histories.csv", "variant")
    save_weights = read_yaml(folder / "params.yaml")["train"]["save_weights"]
    for suffix, theme in THEMES.items():
        save_figure(tmp_path / f"comparison{suffix}.png", comparison(table, theme))
        save_figure(tmp_path / f"losses{suffix}.png", losses(histories, table, save_weights, theme))
    assert all(path.read_bytes() == (folder / path.name).read_bytes() for path in tmp_path.iterdir())


def test_a_panel_converts_units_to_pixels():
    panel = charts.Panel(200, 100, (0, 10), (0, 0.5), "epoch", "loss")
    assert panel.place([0, 5, 10], [0, 0.25, 0.5]) == [(0, 100), (100, 50), (200, 0)]
    assert 'class="dashed" style="--variant: red" points="0.0,0.0 2' in panel.curve([0, 10], [0.5, 0], "red", "dashed")
    drawn = panel.draw(20)
    assert re.findall(r">([^<]+)</text>", drawn) == ["loss", "epoch", "0", "5", "10", "0", "0.2", "0.4"]
    assert '<text x="134.0" y="136" text-anchor="middle">5</text>' in drawn  # 34 pixels left of the panel, 16 below it


def test_epochs_are_whole_and_one_epoch_shows_points():
    assert charts.ticks(0, 2.04, whole=True) == [0, 1, 2] and charts.ticks(0, 1.02, whole=True) == [0, 1]
    scores = {"train_loss": 0.5, "validation_loss": 0.4, "train_accuracy": 0.9, "validation_accuracy": 0.7}
    history = pd.DataFrame({"epoch": [1, 2]}).assign(**scores)
    for epochs, kinds in ((2, ["", ""]), (1, ["", "hollow"] * 2)):  # of loss and accuracy
        drawn = charts.history_charts({"lstm": [history[:epochs]]}, {"lstm": "red"})["lstm"]
        assert re.findall('<circle class="(.*?)"', drawn) == kinds


def test_the_selected_variant_and_the_baseline_have_labels_and_the_intervals_of_bins():
    points = pd.DataFrame({"false_positive_rate": [0.0, 1.0], "recall": [0.5, 1.0], "precision": [1.0, 0.5]})
    bins = {"probability": [0.2, 0.9], "positive": [0.1, 1.0], "headlines": [30, 10], "low": [0.0, 0.7], "high": 1.0}
    colour = {"lstm": "red", "a" * 30: "blue", "tfidf": "grey"}
    drawn = charts.probability_charts(
        dict.fromkeys(colour, points), dict.fromkeys(colour, pd.DataFrame(bins)), colour, "a" * 30, "<b>A & B"
    )
    for chart in drawn:
        groups = re.findall('<g class="([a-z]*)" data-variant="(.*?)"', chart)
        assert groups == [("other", "lstm"), ("", "tfidf"), ("", "a" * 30)]  # the selected one above the others
        assert f">{'a' * 23}…</text>" in chart
    assert "false positive rate of 0.1: lstm: 0.55" in drawn[0] and "recall of 0.9: lstm: 0.60" in drawn[1]
    assert "fraction &lt;b&gt;A &amp; B</text>" in drawn[2]
    assert "0.20, 10% of 30; 0.90, 100% of 10.</desc>" in drawn[2]
    lines = re.findall('<path class="bar-line".*? d="M.*? (.*?)V(.*?)"', drawn[2])
    assert lines == [("206.0", "4.0"), ("64.6", "4.0")] * 3  # 210 pixels from 1.02 to -0.02
