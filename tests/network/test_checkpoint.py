"""A checkpoint is loaded by the run that saved it, and by no other."""

import sys
from types import ModuleType

import pytest
import torch

from sarcasm.base.command import InputError
from sarcasm.network import checkpoint
from sarcasm.network.checkpoint import Checkpoint, fingerprint

STATE = {"model": {"weight": torch.arange(6.0)}, "history": [(1, 0.5)]}


@pytest.fixture
def path(tmp_path):
    Checkpoint(tmp_path / "lstm.pt", "mine").save(STATE)
    return tmp_path / "lstm.pt"


def test_a_state_comes_back(path):
    state = Checkpoint(path, "mine").load()
    assert torch.equal(state["model"]["weight"], STATE["model"]["weight"]) and state["history"] == STATE["history"]


def test_there_is_none_at_first_and_none_after_the_run(path):
    Checkpoint(path, "mine").remove()
    assert Checkpoint(path, "mine").load() is None


def test_the_checkpoint_of_another_run_is_not_loaded(path):
    assert Checkpoint(path, "yours").load() is None


def test_a_damaged_or_truncated_checkpoint_is_not_loaded(path):
    whole = path.read_bytes()
    for position in range(0, len(whole), 5):
        path.write_bytes(whole[:position] + bytes([whole[position] ^ 1]) + whole[position + 1 :])
        assert Checkpoint(path, "mine").load() is None
        path.write_bytes(whole[:position])
        assert Checkpoint(path, "mine").load() is None


def test_a_second_process_is_refused_until_the_first_has_ended(path):
    with Checkpoint(path, "mine"), pytest.raises(InputError, match="lstm.pt: another process"):
        Checkpoint(path, "yours").__enter__()
    with Checkpoint(path, "yours"):
        pass


def test_saving_takes_at_most_its_share_of_the_time(tmp_path, monkeypatch):
    seconds = iter([10, 12, 49, 50, 52, 53])  # saving takes two seconds, and is due again 38 seconds later
    monkeypatch.setattr(checkpoint.time, "monotonic", lambda: next(seconds))
    one = Checkpoint(tmp_path / "lstm.pt", "mine")
    for epoch in range(4):
        one.save({"epoch": epoch})
        assert Checkpoint(one.path, "mine").load() == {"epoch": [0, 0, 2, 2][epoch]}


def test_settings_data_code_and_torch_make_the_fingerprint(tmp_path, monkeypatch):
    data, code = tmp_path / "data", tmp_path / "stages/train.py"
    module = ModuleType("__main__")
    module.__file__ = str(code)
    library = tmp_path / "stages/sarcasm/network/checkpoint.py"
    library.parent.mkdir(parents=True)
    library.touch()
    monkeypatch.setattr(checkpoint, "__file__", str(library))
    monkeypatch.setitem(sys.modules, "code_of_a_stage", module)

    def now(settings="epochs=1"):
        return fingerprint(settings, [data])

    data.write_text("1")
    code.write_text("a")
    first = now()
    assert now() == first != now("epochs=2")
    data.write_text("2")
    assert now() != first
    data.write_text("1")
    code.write_text("b")
    assert now() != first
    code.write_text("a")
    assert now() == first
    monkeypatch.setattr(torch, "__version__", "0.0.1")
    assert now() != first
