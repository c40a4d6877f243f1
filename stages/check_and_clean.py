"""Check params.yaml, and delete the outputs of variants and seeds that it no longer has.

    python stages/check_and_clean.py

in:   params.yaml     all of it
      dvc.lock        from which the stages of such variants and seeds are removed
out:  data/params.ok  always the same bytes, so that this stage does not cause others to run again

All other stages depend on this one, directly or through others, as DVC puts the names of params.yaml into paths and
shell commands. Outputs left behind would count as dependencies of `evaluate`, which depends on their folders.
"""

import os
import re
from pathlib import Path

from sarcasm.params import read_params
from sarcasm.stage import InputError, make_parser, run, write_text
from sarcasm.tokenizers import TOKENIZERS

LOCK = Path("dvc.lock")
OK = Path("data/params.ok")
TRACES = "metrics/train/{}.json", "plots/history/{}.csv"  # a run without these has no output
OUTPUTS = *TRACES, "models/{}.pt", "models/{}.txt", "checkpoints/{}.pt", "checkpoints/{}.lock"
RUN = re.compile(r"[a-z][a-z0-9_]*(-\d+)?")  # the name of a variant, and a seed


def main() -> None:
    """Run the stage."""
    OK.unlink(missing_ok=True)  # DVC leaves it: `persist` in dvc.yaml
    params = read_params(Path("params.yaml"))
    for name, vocabulary in params.vocabularies:
        if vocabulary.tokenizer not in TOKENIZERS:
            known, found = ", ".join(TOKENIZERS), vocabulary.tokenizer
            raise InputError(f"params.yaml: vocabularies.{name}.tokenizer: expected one of {known}, found {found!r}")
    runs = {run for runs in params.runs.values() for run in runs}
    found = {path.stem for trace in TRACES for path in Path().glob(trace.format("*-*"))}
    outdated = [Path(output.format(run)) for run in sorted(found - runs) for output in OUTPUTS]
    outdated += [path for path in Path("metrics/scores").glob("*.json") if path.stem not in params.runs]
    # nothing of another name, and nothing in a folder that is a link
    outdated = [
        path for path in outdated if RUN.fullmatch(path.stem) and path.parent.resolve() == path.parent.absolute()
    ]
    outdated = [path for path in outdated if os.path.lexists(path)]
    for path in outdated:
        path.unlink()
    if LOCK.exists():
        learned = {f"train@{run}" for name in params.variants for run in params.runs[name]}
        pretrained = {f"train-pretrained@{run}" for name in params.pretrained_variants for run in params.runs[name]}
        prune(LOCK, learned | pretrained)
    write_text(OK, "params.yaml is valid\n")
    print(f"{len(params.runs)} variants; deleted: {', '.join(map(str, outdated)) or 'nothing'}")


def prune(lock: Path, trainings: set[str]) -> None:
    """Remove all other trainings from dvc.lock; DVC itself keeps them."""
    head, *stages = re.split(r"^(?=  \S)", lock.read_text(encoding="utf-8"), flags=re.MULTILINE)
    training = re.compile(r"  (train(?:-pretrained)?@[^:]+):")
    kept = [stage for stage in stages if not (found := training.match(stage)) or found[1] in trainings]
    if len(kept) < len(stages):
        write_text(lock, "".join([head, *kept]))


if __name__ == "__main__":
    run(main, make_parser(__doc__))
