"""Seconds and memory of a step and of its baselines, measured in turns, and the rows of the table."""

import gc
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import psutil

SAMPLE = 0.005  # seconds between two readings of a process's memory
# A process of its own, as the system's figure for a command includes the memory of the process that starts it.
LAUNCHER = """
import resource, subprocess, sys, time
start = time.perf_counter()
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
print(time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


@dataclass(frozen=True)
class Row:
    """One comparison with a baseline or a limit: one value per round each.

    The ratio is baseline / ours if `faster`, ours / baseline otherwise.
    """

    step: str
    ours: list[float]
    baseline: str
    baseline_values: list[float]
    unit: str = "s"
    faster: bool = True
    goal: float | None = None

    @property
    def ratio(self) -> float:
        """Return the median of the rounds' ratios."""
        pairs = zip(self.ours, self.baseline_values, strict=True)
        return statistics.median(baseline / our if self.faster else our / baseline for our, baseline in pairs)

    @property
    def reached(self) -> bool | None:
        """Tell whether the ratio is at least (faster) or at most the goal; None where there is no goal."""
        if self.goal is None:
            return None
        return self.ratio >= self.goal if self.faster else self.ratio <= self.goal


def timed(call: Callable[[], object]) -> float:
    """Return the seconds of a call, without collecting the garbage of earlier calls."""
    gc.collect()
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def in_turns(calls: Mapping[str, Callable[[], object]], rounds: int, warm: bool = True) -> dict[str, list[float]]:
    """Return the seconds of each call, one value per round; `warm`: after a round that is not counted.

    The calls of a round follow one another, so that slow minutes affect all alike.
    """
    taken = [{name: timed(call) for name, call in calls.items()} for _ in range(rounds + warm)]
    return {name: [seconds[name] for seconds in taken[warm:]] for name in calls}


def in_processes(calls: Mapping[str, Sequence[Any]], rounds: int, warm: bool) -> tuple[dict[str, list[float]], ...]:
    """Make each call, a function and its arguments, once per round in a new process; `warm`: after a first call.

    Returns seconds, and peak memory in MiB above that before the call. In a process that has done other work, memory
    is fragmented, which makes a step that creates many small strings a third slower.
    """
    costs = [{name: _isolated(*call, warm=warm) for name, call in calls.items()} for _ in range(rounds)]
    return tuple({name: [cost[name][place] for cost in costs] for name in calls} for place in (0, 1))


def _isolated(function: Callable[..., object], *arguments: object, warm: bool) -> tuple[float, float]:
    context = get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_report, args=(there, function, arguments, warm))
    process.start()
    there.close()
    before = here.recv()
    highest = _highest_memory(process.pid, lambda: here.poll(SAMPLE))
    seconds = here.recv()
    process.join()
    return seconds, highest - before


def _report(connection: Connection, function: Callable[..., object], arguments: Sequence[Any], warm: bool) -> None:
    if warm:
        function(*arguments)
    connection.send(_memory(psutil.Process()))
    connection.send(timed(lambda: function(*arguments)))


def cost(command: Sequence[str], folder: Path, **options: Any) -> tuple[float, float]:
    """Run a command; return its seconds and the peak memory of its process in MiB, as the system counts it.

    Raises CalledProcessError if it fails.
    """
    command = [sys.executable, "-c", LAUNCHER, *command]
    output = subprocess.run(command, cwd=folder, check=True, stdout=subprocess.PIPE, text=True, **options).stdout
    seconds, memory = map(float, output.split())
    return seconds, memory / (2**20 if sys.platform == "darwin" else 2**10)


def _highest_memory(process_id: int | None, ended: Callable[[], bool]) -> float:
    process, highest = psutil.Process(process_id), 0.0
    while not ended():
        highest = max(highest, _memory(process))
    return highest


def _memory(process: psutil.Process) -> float:
    return float(process.memory_info().rss) / 2**20
