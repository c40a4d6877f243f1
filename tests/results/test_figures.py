import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from tests.results.colour import VISION, contrast, distances

from sarcasm.results.figures import COLOURS, COLOURS_ON_DARK, draw_history, lengths


def rgb(*colours: str) -> np.ndarray:
    return np.array([to_rgb(colour) for colour in colours])


def test_contrast_with_the_background():
    assert contrast(rgb("#000000"), rgb("#ffffff")) == pytest.approx(21)
    assert contrast(rgb(*COLOURS), rgb("#ffffff")).min() >= 3
    assert contrast(rgb(*COLOURS_ON_DARK), rgb("#14161a")).min() >= 4.5


@pytest.mark.parametrize("vision", VISION)
def test_distance_of_colours(vision):
    assert distances(rgb("#000000", "#ffffff"), vision) == pytest.approx(100, abs=0.01)
    assert distances(rgb(*COLOURS), vision).min() >= 18


def annotations(highest: float, top: float) -> list[str]:
    """Draw training losses that rise to `highest` in epoch 3, in a panel up to `top`; return the texts above it."""
    history = pd.DataFrame({"epoch": [1, 2, 3, 4], "train_loss": [0.5, 1, highest, 1], "validation_loss": 0.4})
    axes = Figure().subplots()
    draw_history(axes, [history], "loss", COLOURS[0], (0, top))
    assert axes.get_ylim() == (0, top)
    assert all(text.xy == (1, 1) and text.get_ha() == "right" for text in axes.texts)  # a title is at the left
    return [text.get_text() for text in axes.texts]


def test_the_maximum_of_a_curve_that_leaves_the_panel_is_written_above_it():
    assert annotations(2.34, top=1.2) == ["↑ max 2.3"]
    assert annotations(1.04, top=0.9) == ["↑ max 1.0"]


def test_a_curve_inside_the_panel_is_not_annotated():
    assert annotations(1.2, top=1.2) == []


def test_lengths_gives_the_number_of_truncated_headlines_in_the_title_of_the_panel():
    table = pd.DataFrame({"tokens": [0, 1, 2, 3, 4], "headlines": [0, 5, 7, 2, 1]})
    figure = lengths({"plain": table, "glove": table}, {"plain": 2, "glove": 4})
    assert [axes.get_title("left") for axes in figure.axes] == ["plain: 3 truncated at 2", "glove: none truncated at 4"]
    assert figure.get_suptitle() == "How long are headlines? The longest has 4 tokens"
