"""Dask as the engine: experiments as tasks on the workers of a cluster.

Dask moves the task of a worker that died to another one, up to three times (`distributed.scheduler.allowed-failures`).
"""

import asyncio
import logging
import os
import platform
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from itertools import islice
from typing import Any

import cloudpickle
from cluster import experiment as worker
from cluster.plan import Experiment
from distributed import Client, Future, LocalCluster, rpc, wait
from distributed.client import FuturesCancelledError
from distributed.comm import CommClosedError
from distributed.security import Security
from tqdm import tqdm

from sarcasm.base.command import InputError

# Workers do not have this module. Dask sends only local functions by value, and with them what is registered here.
cloudpickle.register_pickle_by_value(worker)
logging.getLogger("distributed.client").setLevel("CRITICAL")  # an error is one line, not its traceback
WAIT = 10  # seconds for a scheduler to answer


@contextmanager
def connect(address: str | None) -> Iterator[Client]:
    """Yield a client of the cluster at the address, or of one in this process. Raises InputError if there is none."""
    if address is None:
        options = {"n_workers": os.cpu_count(), "threads_per_worker": 1, "processes": False, "memory_limit": None}
        options["dashboard_address"] = "127.0.0.1:0"  # any free port: a second cluster would warn that 8787 is taken
        with LocalCluster(**options) as cluster, Client(cluster) as client:
            yield client
        return
    try:
        asyncio.run(identify(address))  # Client itself waits forever for a server that is no scheduler
    except (OSError, TimeoutError):
        raise InputError(f"no Dask scheduler answers at {address} within {WAIT} seconds") from None
    except (TypeError, ValueError) as error:
        raise InputError(f"{address}: {error}; expected an address such as tcp://scheduler:8786") from error
    with Client(address, timeout=WAIT) as client:
        check_workers(client)
        try:
            yield client
        except (CommClosedError, FuturesCancelledError):
            raise InputError(f"the scheduler at {address} does not answer any more; the same command resumes") from None


async def identify(address: str) -> None:
    """Wait for an answer of the scheduler."""
    async with (
        asyncio.timeout(WAIT),
        rpc(address, connection_args=Security().get_connection_args("client")) as scheduler,
    ):
        await scheduler.identity()


def check_workers(client: Client) -> None:
    """Raise InputError if there is no worker, or one with another Python or torch than here."""
    if not client.nthreads():
        raise InputError("the scheduler has no worker: start one with `dask worker ADDRESS`")
    for what, significant, function, arguments in (
        ("Python", lambda text: text.rpartition(".")[0], platform.python_version, ()),
        ("torch", lambda text: text.partition("+")[0], version, ("torch",)),  # not the build, for a CPU or for CUDA
    ):
        here = function(*arguments)
        for name, there in client.run(function, *arguments, on_error="return").items():
            if significant(str(there)) != significant(here):
                raise InputError(f"the worker {name} has {what} {there}, expected {here} as here")


def run_all(
    client: Client,
    experiments: Iterator[Experiment],
    common: tuple[Any, ...],
    finish: Callable[[Experiment], None],
    bar: "tqdm[Any]",
) -> dict[str, str]:
    """Run experiments, as many at a time as the workers have threads. Return why some failed, by name."""
    failed: dict[str, str] = {}
    running: list[tuple[Experiment, Future]] = []
    machines: dict[str, str] = {}
    run_experiment = worker.run_experiment

    def task(*arguments: Any) -> str | None:
        return run_experiment(*arguments)

    while True:
        free = max(1, sum(client.nthreads().values())) - len(running)
        for experiment in islice(experiments, max(0, free)):
            arguments = experiment.name, list(experiment.overrides), *common
            running.append((experiment, client.submit(task, *arguments, key=experiment.name)))
        if not running:
            return failed
        try:
            wait([future for _, future in running], timeout=1, return_when="FIRST_COMPLETED")
        except TimeoutError:
            show_machines(client, machines, bar)
        for experiment, future in [pair for pair in running if pair[1].done()]:
            running.remove((experiment, future))
            reason = future.result() if future.status == "finished" else f"{future.status}: {future.exception()}"
            if reason:
                failed[experiment.name] = " ".join(str(reason).split())
            else:
                finish(experiment)
                bar.update()
            bar.write(f"{experiment.name}: {'failed' if reason else 'done'}", file=sys.stderr)


def show_machines(client: Client, machines: dict[str, str], bar: "tqdm[Any]") -> None:
    """Print the machine of each experiment that has started, or that has started again on another one."""
    workers = client.sync(client.scheduler.identity, n_workers=-1)["workers"]
    for address, names in client.processing().items():
        machine = str(workers[address]["name"]) if address in workers else address
        for name in names:
            if machines.get(name) != machine:
                bar.write(f"{name}: runs on {machine}", file=sys.stderr)
                machines[name] = machine
