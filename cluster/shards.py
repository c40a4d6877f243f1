"""A file in shards: a command on the workers of a cluster reads the lines of each and writes a part."""

import argparse
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import cloudpickle
from distributed import Client, as_completed
from tqdm import tqdm

from sarcasm.base.command import InputError
from sarcasm.base.files import read_json, write_json

# Workers do not have this module. Dask sends only local functions by value, and with them what is registered here.
cloudpickle.register_pickle_by_value(sys.modules[__name__])


def cut(path: Path, size: int) -> list[tuple[int, int]]:
    """Return the start and the end of shards of about `size` bytes, each of whole lines."""
    ends = [0]
    with path.open("rb") as file:
        while ends[-1] < path.stat().st_size:
            file.seek(ends[-1] + size)
            file.readline()
            ends.append(min(file.tell(), path.stat().st_size))
    return list(zip(ends, ends[1:], strict=False))


def run_shards(client: Client, command: list[str], path: Path, shard: float, folder: Path) -> list[Path]:
    """Run the command for each shard of `shard` MiB of the file; return the parts that it wrote, in order.

    Parts that are there are not made again. Raises InputError if the folder has those of another file or command, or
    if the command fails for a shard, after the others.
    """
    shards = cut(path, int(shard * 2**20))
    check_folder(folder, {"made of": describe(command, [path]), "shard": shard})
    parts = [folder / f"part-{number:05}" for number in range(1, len(shards) + 1)]
    missing = [place for place, part in enumerate(parts) if not part.exists()]
    bar = tqdm(total=len(parts), initial=len(parts) - len(missing), desc=path.name, unit="shard", disable=None)
    failed = {}

    def task(*arguments: Any) -> str | None:
        return run_part(*arguments)

    with bar:
        tasks = {
            client.submit(task, command, str(path), *shards[place], str(parts[place]), pure=False): parts[place]
            for place in missing
        }
        for task in as_completed(tasks):
            if reason := task.result() if task.status == "finished" else task.exception():
                failed[tasks[task].name] = reason
            bar.update()
    if failed:
        name, reason = min(failed.items())
        raise InputError(f"{len(failed)} of {len(parts)} shards failed; {name}: {reason}")
    return parts


def check_folder(folder: Path, made_of: dict[str, object]) -> None:
    """Note what the parts of the folder are made of. Raises InputError if it has parts of something else."""
    note = folder / "shards.json"
    if note.exists() and read_json(note) != made_of:
        raise InputError(f"{folder} has parts of another file or command; name another folder or delete it")
    write_json(note, made_of)


def run_part(command: list[str], path: str, start: int, end: int, part: str) -> str | None:
    """Give a command the bytes of a shard and keep its output, whole or not at all. Return None, or why it failed."""
    temporary = f"{part}.{os.getpid()}.tmp"
    with open(path, "rb") as file, open(temporary, "wb") as output:
        lines = os.pread(file.fileno(), end - start, start)
        done = subprocess.run([sys.executable, *command], input=lines, stdout=output, stderr=subprocess.PIPE)
    if done.returncode:
        os.unlink(temporary)
        return (done.stderr.decode(errors="replace").strip().splitlines() or [f"exit code {done.returncode}"])[-1]
    os.replace(temporary, part)
    return None


def describe(command: list[str], paths: list[Path]) -> str:
    """Return a digest that changes with the command, or with a file's path, size or time of change."""
    files = [(str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in paths]
    return hashlib.sha256(json.dumps([command, files]).encode()).hexdigest()[:12]


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add what all commands on shards have."""
    parser.add_argument("--scheduler", metavar="ADDRESS", help="of a Dask cluster; by default this machine")
    parser.add_argument("--shard", type=float, default=16, metavar="MIB", help="size of a shard (default: 16)")
