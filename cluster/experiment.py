"""One experiment on a worker: in a clone of its own, then pushed.

It imports only the standard library, as it is sent to workers that do not have this file. Clones, which are deleted,
one DVC cache for all of them, and the logs of experiments that failed are in ~/.cache/headline-rnn/<machine> (or below
$XDG_CACHE_HOME).
"""

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any


def run_experiment(
    name: str, changes: list[str], params: str, commit: str, origin: str, dvc_remote: tuple[str, str]
) -> None:
    """Run an experiment and push it, unless `origin` has it. Raises RuntimeError, with the reason, if it fails.

    changes: parameters, `KEY=VALUE`, to apply to `params`, the content of params.yaml
    origin: address of the git remote
    dvc_remote: name and address
    """
    dvc = sys.executable, "-m", "dvc"  # not a constant of this module, which would be the path on the sender
    if name in list_pushed(origin, commit):
        return
    machine = socket.gethostname()
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "headline-rnn", machine)
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=f"{name}-", dir=folder) as text:
        clone, log = Path(text), Path(f"{text}.log")
        environment = os.environ | {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",  # stages call `python`
            "GIT_TERMINAL_PROMPT": "0",  # fail instead of asking for a password
            "DVC_SITE_CACHE_DIR": str(clone / ".dvc/tmp/site"),  # deleted with the clone
        }
        try:
            with log.open("wb") as file:
                streams = {"stdin": subprocess.DEVNULL, "stdout": file, "stderr": file}
                call = partial(subprocess.run, cwd=clone, env=environment, check=True, **streams)
                make_clone(call, clone, commit, origin, dvc_remote)
                call([*dvc, "pull", "--quiet", "--allow-missing"])
                (clone / "params.yaml").write_text(params, encoding="utf-8")
                settings = [part for change in changes for part in ("-S", f"++{change}")]
                call([*dvc, "exp", "run", "--name", name, *settings])
                call([*dvc, "push", "--quiet"])  # data first, so that an experiment on `origin` is complete
                call([*dvc, "exp", "push", "--no-cache", "origin", name])
        except subprocess.CalledProcessError:
            if name not in list_pushed(origin, commit):  # a worker that was cut off may have run it too, and faster
                raise RuntimeError(f"{last_line(log)} ({machine}:{log})") from None
        log.unlink()


def make_clone(call: Callable[..., Any], clone: Path, commit: str, origin: str, dvc_remote: tuple[str, str]) -> None:
    """Clone the commit and configure DVC."""
    call(["git", "clone", "--quiet", "--no-checkout", origin, "."])
    call(["git", "checkout", "--quiet", "--detach", commit])
    name, address = dvc_remote
    cache = clone.parent / "cache"  # of all clones on this machine
    config = f"[core]\nremote = {name}\n['remote \"{name}\"']\nurl = {address}\n[cache]\ndir = {cache}\n"
    (clone / ".dvc/config.local").write_text(config, encoding="utf-8")


def list_pushed(origin: str, commit: str) -> set[str]:
    """Return the names of the experiments of a commit that a git remote has."""
    pattern = f"refs/exps/{commit[:2]}/{commit[2:]}/*"
    listed = subprocess.run(["git", "ls-remote", origin, pattern], check=True, stdout=subprocess.PIPE, text=True)
    return {line.rpartition("/")[2] for line in listed.stdout.splitlines()}


def last_line(log: Path) -> str:
    """Return the last line of a log that is not blank; of a stage that failed its own, not DVC's line after it."""
    lines = [line.strip() for line in log.read_text(encoding="utf-8", errors="replace").split("\n")]
    return next((line for line in reversed(lines) if line and "failed to reproduce" not in line), "no output")
