"""The pipeline as a whole, in a small project."""

import json

import pytest
from tests.project import ROOT, contents, params, run, write_params


def test_the_small_project_is_up_to_date(small_project):
    assert "up to date" in run(small_project, "dvc", "status").stdout
    assert "models/lstm.pt" in contents(small_project)


def train_epochs(folder, epochs):
    document = params()
    document["train"]["epochs"] = epochs
    write_params(folder, document)


@pytest.mark.parametrize(
    ("variant", "points"),
    [("stacked_lstm_dropout", 8), pytest.param("glove_lstm", 60, marks=pytest.mark.slow)],
)
def test_a_training_killed_anywhere_goes_on_to_the_same_bytes(small_project, variant, points):
    train_epochs(small_project, 5)
    output = run(small_project, "python", str(ROOT / "tests/killing.py"), variant, str(points)).stdout
    ends = [json.loads(line) for line in output.splitlines()]
    assert len(ends) == points and len({end["done"] for end in ends}) > 3, ends
    for end in ends:
        assert end == {"done": end["done"], "trained": 5 - end["done"], "same": True, "left": []}
