"""The pipeline as users run it: from a fresh clone, with nothing to do, with one parameter changed."""

import os
import re
import subprocess
import sys
from pathlib import Path

from benchmarks.measure import Row, timed

from sarcasm.base.command import InputError

ROOT = Path(__file__).parent.parent
CHANGED = "bi_lstm"
MUST_RUN = {"check-params", f"train@{CHANGED}-1", "evaluate", "prepare-page", "draw-figures", "report"}


def run(folder: Path, *command: str) -> str:
    """Run a command in this Python's environment; return its output."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = os.environ | {"PATH": path, "DVC_NO_ANALYTICS": "1"}
    return subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True, text=True).stdout


def measure_pipeline(folder: Path) -> list[Row]:
    """Run the committed pipeline on the bundled corpus in a fresh clone, then again with little to do."""
    clone = folder / "clone"
    run(folder, "git", "clone", "--quiet", str(ROOT), str(clone))
    whole = timed(lambda: run(clone, sys.executable, "repro.py", "--jobs", "2"))

    nothing, status = [], []
    for _ in range(3):
        status.append(timed(lambda: run(clone, "dvc", "status")))
        nothing.append(timed(lambda: run(clone, "dvc", "repro")))
    bound = [seconds + 0.5 for seconds in status]

    params = clone / "params.yaml"
    text = params.read_text(encoding="utf-8")
    before, rate = re.search(rf"( {CHANGED}:.*?learning_rate: )([\d.]+)", text, re.DOTALL).groups()
    params.write_text(text.replace(before + rate, before + str(float(rate) / 2)), encoding="utf-8")
    output = []
    changed = timed(lambda: output.append(run(clone, "dvc", "repro")))
    ran = re.findall("Running stage '(.+)'", output[0])
    if set(ran) != MUST_RUN:
        raise InputError(f"a changed rate of {CHANGED} ran {', '.join(ran)}")
    return [
        Row("dvc repro with nothing to do", nothing, "dvc status plus half a second", bound, faster=False, goal=1),
        Row(f"dvc repro after a changed rate of {CHANGED}", [changed], "all of the pipeline, two jobs", [whole]),
    ]
