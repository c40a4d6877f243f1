"""What every stage does: errors of one line, files that are complete or not there, one process at a time."""

import csv
import errno
import io
import os
import sys
import time
from threading import Event, Thread

from sarcasm.params import read_yaml
from sarcasm.stage import (
    InputError,
    atomic_write,
    fit,
    lock,
    make_parser,
    open_file,
    read_json,
    read_lines,
    run,
    write_csv,
    write_json,
    write_text,
)

import pandas as pd
import pytest
from filelock import FileLock
from hypothesis import given
from hypothesis import strategies as st
from tests.project import ROOT, start


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (InputError("params.yaml: x:\n   wrong"), "stage.py: params.yaml: x: wrong"),
        (
            InputError("in é found \033[2J\x9b\u202e\ud800"),
            r"stage.py: in é found \x1b[2J\x9b\u202e\ud800",
        ),  # \033[2J clears the screen
        (InputError("x" * 100_000 + "y"), f"stage.py: {'x' * 697} ... {'x' * 297}y"),
        (MemoryError(), "stage.py: not enough memory"),
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


@given(texts=st.lists(st.text('\r\n a",', min_size=1), min_size=1))
def test_every_reader_of_csv_sees_the_same_rows(tmp_path_factory, texts):
    path = tmp_path_factory.mktemp("csv") / "a.csv"
    write_csv(path, pd.DataFrame({"text": texts, "label": 0.5}))
    with path.open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file, strict=True)) == [["text", "label"], *([text, "0.500000"] for text in texts)]


def test_what_is_not_a_file_is_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path, what in {tmp_path / "pipe": "not a file", tmp_path: "not a file", tmp_path / "a": "no such file"}.items():
        with pytest.raises(InputError, match=f"^{path}: {what}$"), open_file(path):
            pass
        with pytest.raises(InputError, match=f"^{path}: {what}$"):
            read_yaml(path)


def test_a_line_without_an_end_is_not_read_into_memory():
    file = io.BytesIO(b"a\n" + b"b" * 100)
    with pytest.raises(InputError, match="x, line 2: more than 10 bytes without a line feed"):
        list(read_lines(file, "x", 10))
    assert file.tell() == 12


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


def test_help_is_as_wide_as_the_terminal():
    text = "A sentence of\nsome words.\n\nin:   a/file.txt    what is in this file,\n                    in some words"
    text += "\n      another.txt   more\n\n    python a.py\n    python b.py"
    lines = fit(text, 46).splitlines()
    assert lines[:2] == ["A sentence of some words.", ""] and lines[-2:] == ["    python a.py", "    python b.py"]
    assert lines[2:5] == [
        "in:   a/file.txt    what is in this file, in",
        f"{'':20}some words",
        "      another.txt   more",
    ]
    assert fit(text, 120).splitlines()[2] == "in:   a/file.txt    what is in this file, in some words"
    assert fit("in:   a/very/long/path/of/a/file.txt   what it has", 40).splitlines()[1:] == [f"{'':8}what it has"]
