"""Seconds and memory of a step, ours and its peers' in turns, and the rows that they make."""

import gc
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import psutil

SAMPLE = 0.005  # seconds between two looks at the memory of a process


@dataclass(frozen=True)
class Row:
    """One comparison: a figure of ours against a peer's or against a limit, a number a round each.

    `faster`: how many times ours goes into theirs, else how many times theirs goes into ours; taken round by round.
    """

    step: str
    ours: list[float]
    against: str
    theirs: list[float]
    unit: str = "s"
    faster: bool = True
    goal: float | None = None

    @property
    def ratio(self) -> float:
        """Return the median of the rounds' ratios."""
        pairs = zip(self.ours, self.theirs, strict=True)
        return statistics.median(their / our if self.faster else our / their for our, their in pairs)

    @property
    def reached(self) -> bool | None:
        """Tell whether the ratio is at least (faster) or at most the goal; None where there is no goal."""
        if self.goal is None:
            return None
        return self.ratio >= self.goal if self.faster else self.ratio <= self.goal


def timed(call: Callable[[], object]) -> float:
    """Return the seconds that a call takes; the garbage of what ran before is not its own."""
    gc.collect()
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def in_turns(calls: Mapping[str, Callable[[], object]], rounds: int, warm: bool = True) -> dict[str, list[float]]:
    """Return the seconds of each call, a number a round; `warm`: after a round that does not count.

    The calls of a round follow one another, so that a slow minute of the machine hits all alike.
    """
    taken = [{name: timed(call) for name, call in calls.items()} for _ in range(rounds + warm)]
    return {name: [seconds[name] for seconds in taken[warm:]] for name in calls}


def in_processes(calls: Mapping[str, Sequence[Any]], rounds: int, warm: bool) -> tuple[dict[str, list[float]], ...]:
    """Make each call, a function and its arguments, once a round in a process of its own; `warm`: for a second time.

    Returns seconds, and MiB of memory at the highest above those before the call. A process that has done other work
    has its memory scattered, which alone costs a third of the time of a step that makes many small strings.
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


def memory_of(command: Sequence[str], folder: Path) -> float:
    """Run a command to its end; return the MiB of its own process at their highest. Raises CalledProcessError."""
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL)

    def ended() -> bool:
        time.sleep(SAMPLE)
        return process.poll() is not None

    highest = _highest_memory(process.pid, ended)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return highest


def _highest_memory(process_id: int | None, ended: Callable[[], bool]) -> float:
    process, highest = psutil.Process(process_id), 0.0
    while not ended():
        highest = max(highest, _memory(process))
    return highest


def _memory(process: psutil.Process) -> float:
    return float(process.memory_info().rss) / 2**20
