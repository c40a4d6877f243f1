"""The pipeline as a whole, in a small project."""

from tests.project import contents, run


def test_the_small_project_is_up_to_date(small_project):
    assert "up to date" in run(small_project, "dvc", "status").stdout
    assert "models/lstm.pt" in contents(small_project)
