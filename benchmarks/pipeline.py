"""The pipeline as users run it: two jobs compared with one, nothing to do, one parameter changed."""

import os
import re
import subprocess
import sys
from functools import partial
from pathlib import Path

from benchmarks.measure import Row, timed

from sarcasm.base.command import InputError

ROOT = Path(__file__).parent.parent
CHANGED = "bi_lstm"
MUST_RUN = {f"train@{CHANGED}-1", "evaluate", "prepare-page", "draw-figures", "report"}


def run(folder: Path, *command: str) -> str:
    """Run a command in this Python's environment; return its output."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = os.environ | {"PATH": path, "DVC_NO_ANALYTICS": "1"}
    return subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True, text=True).stdout


def measure_pipeline(folder: Path) -> list[Row]:
    """Run the committed pipeline on the bundled corpus in two fresh clones, then again with little to do."""
    clones = {jobs: folder / f"jobs-{jobs}" for jobs in (1, 2)}
    seconds = {}
    for jobs, clone in clones.items():
        run(folder, "git", "clone", "--quiet", str(ROOT), str(clone))
        seconds[jobs] = timed(partial(run, clone, sys.executable, "repro.py", "--jobs", str(jobs)))
    if (clones[1] / "dvc.lock").read_bytes() != (clones[2] / "dvc.lock").read_bytes():
        raise InputError("dvc.lock differs between one job and two")

    clone = clones[1]
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
        Row("the pipeline on the bundled corpus, two jobs", [seconds[2]], "one job", [seconds[1]], goal=1.6),
        Row("dvc repro with nothing to do", nothing, "dvc status plus half a second", bound, faster=False, goal=1),
        Row(f"dvc repro after a changed rate of {CHANGED}: {len(ran)} stages", [changed], "all stages", [seconds[1]]),
    ]
