"""Where experiments run: in threads on this machine, or on the workers of a Dask cluster.

Dask moves the task of a worker that died to another one, up to three times (`distributed.scheduler.allowed-failures`).
"""

import asyncio
import os
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any

from sarcasm.stage import InputError

from cluster import experiment

WAIT = 10  # seconds for a scheduler to answer
Submit = Callable[..., "Future[None]"]  # takes the arguments of run_experiment


@contextmanager
def use_threads() -> Iterator[Submit]:
    """Yield a function that runs an experiment here, as many at a time as there are cores."""
    pool = ThreadPoolExecutor(os.cpu_count())
    try:
        yield partial(pool.submit, experiment.run_experiment)
    finally:
        pool.shutdown(cancel_futures=True)


@contextmanager
def use_dask(address: str) -> Iterator[Submit]:
    """Yield a function that runs an experiment on a worker, one for each of its threads at a time.

    Raises InputError if there is no scheduler, or if its workers cannot run the experiments.
    """
    try:
        import cloudpickle
        from distributed import Client
    except ImportError as error:
        raise InputError(f"{error.name} is not installed: make cluster") from error

    cloudpickle.register_pickle_by_value(experiment)  # workers do not have this module
    run_experiment = experiment.run_experiment

    def task(*arguments: Any) -> None:  # Dask sends only local functions by value
        run_experiment(*arguments)

    try:
        asyncio.run(find_scheduler(address))
    except OSError:
        raise InputError(f"no Dask scheduler answers at {address} within {WAIT} seconds") from None
    except (TypeError, ValueError) as error:
        raise InputError(f"{address}: {error}; expected an address such as tcp://scheduler:8786") from error
    with Client(address, timeout=WAIT) as client:
        check_workers(client)
        executor = client.get_executor()
        try:
            yield lambda name, *arguments: executor.submit(task, name, *arguments, key=name)
        except CancelledError:
            raise InputError(f"the scheduler at {address} does not answer any more; the same command resumes") from None


async def find_scheduler(address: str) -> None:
    """Wait for an answer of the scheduler: a Client would wait forever for another server, such as its dashboard."""
    from distributed import rpc
    from distributed.security import Security

    arguments = Security().get_connection_args("client")
    async with asyncio.timeout(WAIT), rpc(address, connection_args=arguments) as scheduler:
        await scheduler.identity()


def check_workers(client: Any) -> None:
    """Raise InputError if there is no worker, or one with another Python or torch than here."""
    versions = client.get_versions(packages=["torch"])
    if not versions["workers"]:
        raise InputError("the scheduler has no worker: start one with `dask worker ADDRESS`")
    here = significant_versions(versions["client"])
    for address, worker in versions["workers"].items():
        if (there := significant_versions(worker)) != here:
            raise InputError(f"the worker {address} has {there}, expected {here} as here")


def significant_versions(versions: Any) -> str:
    """Return the minor version of Python and the version of torch, without its build for a CPU or for CUDA."""
    packages = versions["packages"]
    python, torch = packages["python"].split("."), str(packages["torch"])
    return f"Python {python[0]}.{python[1]} and torch {torch.partition('+')[0]}"
