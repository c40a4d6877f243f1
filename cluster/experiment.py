"""One experiment on a worker: in a clone of its own, then pushed.

It imports only the standard library, as the engine sends it to workers that do not have this file. The clones of a
machine are in ~/.cache/headline-rnn/<machine> (or below $XDG_CACHE_HOME): one for each experiment that runs at a time,
with one DVC cache for all. They are kept, as are the logs of experiments that failed.
"""

import fcntl
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path


def run_experiment(
    name: str, overrides: list[str], params: str, commit: str, git_remote: str, dvc_remote: tuple[str, str]
) -> str | None:
    """Run an experiment and push it, unless the git remote has it. Return None, or why it failed.

    params: the content of params.yaml, to which DVC applies the overrides
    dvc_remote: name and address
    """
    if name in pushed(git_remote, commit):
        return None
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "headline-rnn", socket.gethostname())
    with take_clone(base) as (clone, lock):
        log = base / f"{name}.log"
        log.unlink(missing_ok=True)  # the commands of a killed worker may still write to it
        with log.open("wb") as file:
            path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"  # stages call `python`
            options = {"stdin": subprocess.DEVNULL, "stdout": file, "stderr": file, "pass_fds": [lock]}
            options["env"] = os.environ | {"PATH": path, "GIT_TERMINAL_PROMPT": "0"}

            def call(*command: str | Path, folder: Path = clone) -> None:
                subprocess.run(command, cwd=folder, check=True, **options)  # type: ignore[call-overload]

            try:
                prepare(call, clone, commit, git_remote, dvc_remote)
                run_and_push(call, clone, name, overrides, params)
            except subprocess.CalledProcessError:
                pass
        if name not in pushed(git_remote, commit):  # a second run of it may have been faster
            return f"{last_line(log)} ({socket.gethostname()}:{log})"
        log.unlink(missing_ok=True)
        os.ftruncate(lock, 0)
    return None


def pushed(git_remote: str, commit: str) -> set[str]:
    """Return the names of the experiments of a commit that a git remote has."""
    pattern = f"refs/exps/{commit[:2]}/{commit[2:]}/*"
    listed = subprocess.run(["git", "ls-remote", git_remote, pattern], check=True, stdout=subprocess.PIPE, text=True)
    return {line.rpartition("/")[2] for line in listed.stdout.splitlines()}


@contextmanager
def take_clone(base: Path) -> Iterator[tuple[Path, int]]:
    """Yield the path of the first clone that no process uses, and the descriptor of its lock.

    The commands inherit the descriptor: if the worker is killed, the clone stays locked until they end. Whoever takes
    the lock writes to it and, after success, empties it; otherwise the next one deletes the clone.
    """
    base.mkdir(parents=True, exist_ok=True)
    for number in count(1):
        lock = os.open(base / f"{number}.lock", os.O_RDWR | os.O_CREAT, 0o666)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            os.close(lock)
    try:
        clone = base / str(number)
        if os.read(lock, 1):
            shutil.rmtree(clone, ignore_errors=True)
        os.write(lock, b"used")
        yield clone, lock
    finally:
        os.close(lock)


def prepare(call: Callable[..., None], clone: Path, commit: str, git_remote: str, dvc_remote: tuple[str, str]) -> None:
    """Make the clone as if it were new, at the commit, with what the DVC remote has of its data and models."""
    if not clone.exists():
        call("git", "clone", "--quiet", "--no-checkout", git_remote, clone, folder=clone.parent)
    call("git", "remote", "set-url", "origin", git_remote)
    call("git", "fetch", "--quiet", "origin")
    call("git", "checkout", "--quiet", "--force", "--detach", commit)
    call("git", "clean", "--quiet", "-ffdx")  # outputs of other variants and seeds would count as dependencies
    name, address = dvc_remote
    config = (
        f"[core]\nremote = {name}\n['remote \"{name}\"']\nurl = {address}\n[cache]\ndir = {clone.parent / 'cache'}\n"
    )
    (clone / ".dvc/config.local").write_text(config, encoding="utf-8")
    call(sys.executable, "-m", "dvc", "pull", "--quiet", "--allow-missing")


def run_and_push(call: Callable[..., None], clone: Path, name: str, overrides: list[str], params: str) -> None:
    """Run the experiment and push it: its data first, so that a ref on the git remote means that all is there."""
    (clone / "params.yaml").write_text(params, encoding="utf-8")
    dvc = sys.executable, "-m", "dvc"
    settings = [part for override in overrides for part in ("-S", override)]
    call(*dvc, "exp", "run", "--name", name, *settings)
    call(*dvc, "push", "--quiet")
    call(*dvc, "exp", "push", "--no-cache", "origin", name)


def last_line(log: Path) -> str:
    """Return the last line of a log that is not blank; of a stage that failed its own, not DVC's line after it."""
    lines = [line.strip() for line in log.read_text(encoding="utf-8", errors="replace").split("\n")]
    return next((line for line in reversed(lines) if line and "failed to reproduce" not in line), "no output")
