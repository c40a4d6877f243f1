"""Starting the processes of a training, and ending them: all succeed, or all end and one line says why."""

import json
import logging
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import torch
from torch import distributed

from sarcasm.base.command import InputError
from sarcasm.network.processes import LOST, Processes

RUN = "headline-rnn"  # torchrun's name of a run whose processes `_start` has started
NOTHING = "<NONE>"  # torchrun's message of a process that has reported none
PATIENCE = timedelta(minutes=5)  # with a process that does not answer


def run_processes(count: int, cuda: bool, train: Callable[[Processes], None]) -> None:
    """Call `train` in each of `count` processes: in this one, in those that torchrun has started, or in new ones.

    New processes run this script again, started by torchrun's launcher. Raises InputError with what the first process
    that failed has reported.
    """
    if distributed.is_torchelastic_launched():
        _work(count, cuda, train)
    elif count == 1:
        train(Processes())
    else:
        _start(count)


def _work(count: int, cuda: bool, train: Callable[[Processes], None]) -> None:
    """Be one of the processes. An error is reported to the launcher.

    `_start` prints one line. torchrun prints pages, so the first process that fails on a machine prints its line too.
    A process that does not succeed ends without torch's cleaning up, which can abort while other processes end too.
    """
    _end_with_launcher()
    try:
        processes = _join(count, cuda)
        train(processes)
        distributed.destroy_process_group()
    except KeyboardInterrupt:
        os._exit(130)
    except (InputError, OSError) as error:
        message = " ".join(str(error).split())
        file = Path(os.environ["TORCHELASTIC_ERROR_FILE"])  # attempt_0/<process>/error.json
        file.write_text(json.dumps({"message": message, "timestamp": int(time.time())}), encoding="utf-8")
        if os.environ["TORCHELASTIC_RUN_ID"] != RUN and _is_first(file.parents[1]):
            print(f"{Path(sys.argv[0]).name}: {message}", file=sys.stderr)
        os._exit(1)


def _is_first(folder: Path) -> bool:
    """Return whether this process is the first to ask, of those with the same folder."""
    try:
        (folder / "reported").mkdir()
    except FileExistsError:
        return False
    return True


def _join(count: int, cuda: bool) -> Processes:
    """Connect to the other processes, by gloo, and NCCL for tensors on a CUDA device."""
    rank, found, local = (int(os.environ[name]) for name in ("RANK", "WORLD_SIZE", "LOCAL_RANK"))
    if found != count:
        raise InputError(f"torchrun has started {found} processes, expected {count} (train.processes in params.yaml)")
    if cuda and local >= torch.cuda.device_count():
        raise InputError(f"process {local} of this machine has no CUDA device: found {torch.cuda.device_count()}")
    if cuda:
        torch.cuda.set_device(local)
    try:
        distributed.init_process_group("cpu:gloo,cuda:nccl" if cuda else "gloo", timeout=PATIENCE)
    except RuntimeError as error:
        raise ConnectionError(LOST) from error
    return Processes(rank, count)


def _end_with_launcher() -> None:
    """End this process soon after its launcher, which may be killed: it would train on, unseen."""
    launcher = os.getppid()

    def watch() -> None:
        while os.getppid() == launcher:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _start(count: int) -> None:
    """Run this script in `count` processes on this machine."""
    from torch.distributed.elastic.multiprocessing import DefaultLogsSpecs, SignalException  # 0.8 s
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
    from torch.distributed.launcher.api import LaunchConfig, elastic_launch

    logging.disable()  # of the launcher, which logs what it does when a process fails
    with tempfile.TemporaryDirectory() as folder:
        config = LaunchConfig(
            min_nodes=1,
            max_nodes=1,
            nproc_per_node=count,
            run_id=RUN,
            rdzv_backend="c10d",
            rdzv_endpoint="localhost:0",
            local_addr="localhost",
            max_restarts=0,
            logs_specs=DefaultLogsSpecs(folder),  # for the errors of the processes
        )
        try:
            elastic_launch(config, sys.executable)(*sys.orig_argv[1:])
        except ChildFailedError as error:
            # not of one that ended because another had
            rank, failure = min(error.failures.items(), key=lambda item: item[1].message == LOST)
            ending = f"was killed by signal {-failure.exitcode}" if failure.exitcode < 0 else "has failed, see above"
            reported = failure.error_file_data["message"]
            raise InputError(reported if reported != NOTHING else f"process {rank} of {count} {ending}") from error
        except SignalException as error:
            sys.exit(128 + error.sigval)
