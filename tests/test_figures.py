"""The figures and the charts: their colours, and what they write next to the curves."""

import json
import re

from sarcasm import charts
from sarcasm.figures import COLOURS, NETWORK_COLOURS, colours, lengths, losses

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgb
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


def test_the_baseline_is_grey_colours_repeat_and_dvc_plots_has_the_same():
    found = list(colours([str(number) for number in range(13)]).values())
    assert found == ["#666666", *NETWORK_COLOURS, NETWORK_COLOURS[0]]
    template = json.loads((ROOT / ".dvc/plots/variants.json").read_text(encoding="utf-8"))
    assert template["encoding"]["color"]["scale"]["range"] == NETWORK_COLOURS


def test_the_maximum_of_a_curve_that_leaves_its_panel_is_written_above_it():
    scores = {"validation_loss": 0.5, "train_accuracy": 0.9, "validation_accuracy": 0.7}
    history = pd.DataFrame({"epoch": [1, 2, 3], "train_loss": [0.5, 2.34, 1]}).assign(**scores)
    histories = {"high": [history], "low": [history.assign(train_loss=0.3)]}
    figure = losses(histories, colours(["tfidf", *histories]))
    panels = {axes.get_title("left"): [text.get_text() for text in axes.texts] for axes in figure.axes}
    assert panels == {"high": ["↑ 2.3"], "low": [], "": []}
    assert figure.axes[0].get_ylim() == figure.axes[1].get_ylim() == pytest.approx((0, 1.2 * 1.05))
    drawn = charts.history_charts(histories, {"high": "red", "low": "blue"})
    assert "↑ 2.3</text>" in drawn["high"] and "↑" not in drawn["low"]


def test_lengths_gives_the_number_of_truncated_headlines():
    table = pd.DataFrame({"tokens": [0, 1, 2, 3, 4], "headlines": [0, 5, 7, 2, 1]})
    figure = lengths({"plain": table, "long": table}, {"plain": 2, "long": 4})
    assert [axes.get_title("left") for axes in figure.axes] == ["plain: 3 truncated at 2", "long: none truncated at 4"]


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
