"""Convert the headlines to token ids of one vocabulary, in shards on the workers of a Dask cluster.

    python cluster/tokenize_shards.py --scheduler tcp://scheduler:8786 plain

in, out: those of stages/tokenize_corpus.py, the same bytes; `dvc commit -f tokenize-plain` records them

Without --scheduler: on this machine. The workers use the same paths, on a file system that all machines share. The
tokens of each shard are in runs/ until all are there, so the same command resumes.
"""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "stages")]

try:
    from cluster.engine import connect
except ImportError as error:
    sys.exit(f"tokenize_shards.py: {error.name} is not installed: pip install --group cluster")

import numpy as np  # noqa: E402
from cluster.shards import add_options, describe, run_shards  # noqa: E402

import tokenize_corpus  # noqa: E402
from sarcasm.base.command import call, make_parser  # noqa: E402
from sarcasm.text.encoded import SPLITS  # noqa: E402
from sarcasm.text.vocabulary import Tokens, join_tokens  # noqa: E402


def main(scheduler: str | None, shard: float, name: str) -> None:
    """Tokenize the shards, then write what the stage writes."""
    settings = tokenize_corpus.read_settings(name)
    command = [str(ROOT / "cluster/tokenize_part.py"), settings.tokenizer]
    paths = [Path(f"data/split/{split}.jsonl").resolve() for split in SPLITS]
    folder = Path("runs", f"tokenize-{describe(command, paths)}").resolve()
    with connect(scheduler) as client:
        parts = [run_shards(client, command, path, shard, folder / path.stem) for path in paths]
    labels: list[list[np.ndarray]] = [[] for _ in SPLITS]

    def tokens() -> Iterator[Tokens]:
        for split, files in zip(labels, parts, strict=True):
            for file in files:
                with np.load(file) as part:
                    split.append(part["labels"])
                    words = part["words"].tobytes().decode().split("\n")[:-1]
                    yield Tokens(dict.fromkeys(words), part["indexes"], part["lengths"])

    joined = join_tokens(tokens())
    sizes = [sum(map(len, split)) for split in labels]
    tokenize_corpus.write(name, settings, joined, np.concatenate(sum(labels, [])), sizes)
    shutil.rmtree(folder)


if __name__ == "__main__":
    parser = make_parser(__doc__)
    add_options(parser)
    parser.add_argument("name", metavar="VOCABULARY")
    call(main, parser)
