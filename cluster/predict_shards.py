"""Classify the lines of a large file, in shards on the workers of a Dask cluster.

    python cluster/predict_shards.py --scheduler tcp://scheduler:8786 --model bi_lstm-1 headlines.txt predictions

in:   headlines.txt       one headline a line
      models/<model>.pt   as in stages/predict.py; by default the selected one
out:  predictions/part-00001, ...  what stages/predict.py writes for the lines of each shard, in order

Without --scheduler: on this machine. The workers use the same paths, on a file system that all machines share. Parts
that are there are not made again, so the same command resumes. `cat predictions/part-*` has all lines in order.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "stages")]

try:
    from cluster.engine import connect
except ImportError as error:
    sys.exit(f"predict_shards.py: {error.name} is not installed: pip install --group cluster")

from cluster.shards import add_options, run_shards  # noqa: E402

from sarcasm.base.command import InputError, call, make_parser  # noqa: E402


def main(scheduler: str | None, shard: float, model: str | None, json: bool, headlines: str, folder: str) -> None:
    """Classify the shards."""
    path = Path(headlines).resolve()
    if not path.is_file():
        raise InputError(f"{headlines}: no such file")
    command = [str(ROOT / "stages/predict.py"), *(["--model", model] if model else []), *(["--json"] if json else [])]
    with connect(scheduler) as client:
        parts = run_shards(client, command, path, shard, Path(folder).resolve())
    print(f"{len(parts)} parts in {folder}")


if __name__ == "__main__":
    parser = make_parser(__doc__)
    add_options(parser)
    parser.add_argument("--model", help="name of a model in models/, or path of a .pt file")
    parser.add_argument("--json", action="store_true", help="JSON Lines")
    parser.add_argument("headlines", metavar="FILE")
    parser.add_argument("folder", metavar="FOLDER")
    call(main, parser)
