"""The table of steps has the differences of the committed results, in the direction of the step."""

import pandas as pd
import pytest
from studies import steps
from tests.project import ROOT


def test_a_difference_is_found_in_both_directions():
    rows = [("lstm", "mean", 0.25, 0.125, 0.5), ("gru", "mean", -0.5, -1, 0.25)]
    table = pd.DataFrame(rows, columns=["variant", "other", "difference", "low", "high"])
    forward, backward = steps.find(table, "mean", "lstm"), steps.find(table, "lstm", "mean")
    assert forward.to_dict() == {"difference": 0.25, "difference_low": 0.125, "difference_high": 0.5}
    assert backward.to_dict() == {"difference": -0.25, "difference_low": -0.5, "difference_high": -0.125}
    with pytest.raises(KeyError):
        steps.find(table, "lstm", "gru")


def test_the_committed_table_is_made_of_the_committed_results():
    assert (ROOT / "results/steps/table.md").read_text(encoding="utf-8") == steps.format_table(ROOT), "make steps"
