"""What every stage does: errors of one line, files that are complete or not there, one process at a time."""

import errno
import os
import sys
import time
from threading import Event, Thread

from sarcasm.stage import InputError, atomic_write, lock, make_parser, read_json, run, write_csv, write_json, write_text

import pandas as pd
import pytest
from filelock import FileLock
from tests.project import ROOT, start


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (InputError("params.yaml: x:\n   wrong"), "stage.py: params.yaml: x: wrong"),
        (InputError("found \033[2J"), r"stage.py: found \x1b[2J"),  # it would clear the screen
        (OSError(errno.ENOSPC, "No space left on device", "a"), "stage.py: [Errno 28] No space left on device: 'a'"),
    ],
)
def test_a_known_error_is_one_line_and_exit_code_1(monkeypatch, error, line):
    def main(name):
        raise error

    monkeypatch.setattr(sys, "argv", ["stage.py", "lstm"])
    with pytest.raises(SystemExit) as ended:
        run(main, make_parser("Train.", "name"))
    assert ended.value.code == line  # Python prints a text and exits with code 1


def test_ctrl_c_is_silent_in_every_script_also_during_the_imports(tmp_path):
    for module in ("numpy", "pandas", "pydantic", "requests", "torch"):  # a script imports one of these
        (tmp_path / f"{module}.py").write_text("import os\nos.kill(os.getpid(), 2)\n")
    for script in (ROOT / "stages").glob("*.py"):
        process = start(tmp_path, "env", f"PYTHONPATH={tmp_path}", sys.executable, str(script))
        assert process.communicate() == ("", "") and process.returncode == -2, script  # as killed by SIGINT


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "a.txt"
    write_text(path, "old\r\n")
    with pytest.raises(KeyboardInterrupt), atomic_write(path) as temporary:
        temporary.write_text("half of the n")
        raise KeyboardInterrupt
    assert path.read_bytes() == b"old\r\n" and list(tmp_path.iterdir()) == [path]


def test_a_full_disk_is_reported_with_the_file(tmp_path):
    with pytest.raises(OSError, match=r"No space left on device: '.*/a.txt'$"), atomic_write(tmp_path / "a.txt"):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))  # as write() raises it


def test_json_and_csv(tmp_path):
    write_json(tmp_path / "new/a.json", {"loss": 0.5, "é": None})
    assert (tmp_path / "new/a.json").read_text("utf-8") == '{\n  "loss": 0.5,\n  "é": null\n}\n'
    assert read_json(tmp_path / "new/a.json") == {"loss": 0.5, "é": None}
    with pytest.raises(ValueError):
        write_json(tmp_path / "b.json", {"loss": float("nan")})
    write_csv(tmp_path / "a.csv", pd.DataFrame({"a": [1, 2], "b": [0.1, None]}))
    assert (tmp_path / "a.csv").read_bytes() == b"a,b\n1,0.100000\n2,\n" and not (tmp_path / "b.json").exists()


def test_a_second_process_says_that_it_waits(tmp_path, capsys):
    path = tmp_path / "checkpoints/lstm-1.lock"
    with lock(path):
        pass
    assert not capsys.readouterr().err
    held = Event()

    def hold():
        with FileLock(path):
            held.set()
            time.sleep(0.1)

    Thread(target=hold).start()
    held.wait()
    with lock(path):
        pass
    assert f"waiting for another process, which holds {path}" in capsys.readouterr().err
