"""Shards of a file on a cluster: whole lines, the results of one process, and nothing twice."""

import shutil
import sys
from pathlib import Path
from tempfile import NamedTemporaryFile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.project import run

pytest.importorskip("distributed", reason="Dask is not installed (tests/requirements.txt)")
from cluster.shards import cut  # noqa: E402

TOKENIZE = sys.executable, "cluster/tokenize_shards.py", "--shard", "0.002"  # 2 KB, about 30 headlines
PREDICT = sys.executable, "cluster/predict_shards.py", "--shard", "0.002", "--model", "lstm-1"


@given(st.lists(st.binary(max_size=9).map(lambda line: line.replace(b"\n", b"")), max_size=20), st.integers(1, 30))
def test_shards_are_whole_lines_and_together_the_file(lines, size):
    data = b"\n".join(lines)
    with NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        parts = [data[start:end] for start, end in cut(Path(file.name), size)]
    assert b"".join(parts) == data
    assert all(part.endswith(b"\n") for part in parts[:-1])
    assert all(len(part) >= size for part in parts[:-1])


@pytest.mark.slow
@pytest.mark.parametrize("name", ["plain", "glove"])
def test_tokens_in_shards_give_the_bytes_of_the_stage(small_project, name):
    files = [*(small_project / "data/tokenized").glob(f"{name}.*"), small_project / f"metrics/vocabulary/{name}.json"]
    before = {file: file.read_bytes() for file in files}
    assert len(before) == 4
    for file in files:
        file.unlink()
    run(small_project, *TOKENIZE, name)
    assert {file: file.read_bytes() for file in files} == before
    assert not list((small_project / "runs").iterdir())


@pytest.mark.slow
def test_predictions_in_shards_are_those_of_one_process_and_are_made_once(small_project):
    lines = [f"area man wins budget {number}" for number in range(200)]
    file, folder = small_project / "lines.txt", small_project / "out"
    file.write_bytes("\n".join([*lines, "bad "]).encode() + b"\xff\n")
    failed = run(small_project, *PREDICT, "lines.txt", "out", code=1).stderr
    assert len(failed.splitlines()) == 1 and "1 of 3 shards failed; part-00003: predict.py: line" in failed
    assert sorted(path.name for path in folder.iterdir()) == ["part-00001", "part-00002", "shards.json"]

    file.write_text("\n".join(lines))
    refused = run(small_project, *PREDICT, "lines.txt", "out", code=1).stderr
    assert refused.endswith("/out has parts of another file or command; name another folder or delete it\n")
    shutil.rmtree(folder)
    done = run(small_project, *PREDICT, "lines.txt", "out")
    assert done.stdout == "3 parts in out\n" and done.stderr == ""
    parts = sorted(folder.glob("part-*"))
    rows = [line.split("\t") for part in parts for line in part.read_text().splitlines()]
    one = [sys.executable, "stages/predict.py", "--model", "lstm-1", *lines]
    expected = [line.split("\t") for line in run(small_project, *one).stdout.splitlines()]
    assert [row[1:] for row in rows] == [row[1:] for row in expected] and [row[2] for row in rows] == lines
    assert [float(row[0]) for row in rows] == pytest.approx([float(row[0]) for row in expected], abs=2e-6)

    content, times = parts[1].read_bytes(), [part.stat().st_mtime_ns for part in parts]
    parts[1].unlink()
    run(small_project, *PREDICT, "lines.txt", "out")
    assert parts[1].read_bytes() == content
    assert [part.stat().st_mtime_ns == time for part, time in zip(parts, times, strict=True)] == [True, False, True]
