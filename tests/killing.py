"""Kill a training at many points and resume it. Run in a project: `killing.py VARIANT POINTS`.

Each run is a fork of this process, which has loaded torch and not used it. Prints a line of JSON for each point:
epochs done before the kill, epochs trained by the next run, whether its outputs have the same bytes, leftovers.
"""

import io
import json
import os
import runpy
import signal
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

sys.path.insert(0, "stages")
from sarcasm import trainer  # noqa: E402
from sarcasm.trainer import Trainer  # noqa: E402

import pandas  # noqa: E402, F401
import pydantic  # noqa: E402, F401
import torch._dynamo  # noqa: E402  optimizers import it, which takes as long as this training
import torchinfo  # noqa: E402, F401

trainer.SAVING = 1  # save after every epoch

OUTPUTS = "models/{0}.pt", "models/{0}.txt", "metrics/train/{0}.json", "plots/history/{0}.csv"


def forked(function: Callable[[], int]) -> int:
    """Call the function in a fork; return its result, or minus the signal that killed it."""
    process = os.fork()
    if not process:
        code = 255
        try:
            code = function()
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


def train(at_start: Callable[[], None] = lambda: None) -> int:
    """Run the stage; return the number of epochs trained. Call `at_start` when the first one starts."""
    epochs = 0
    one_epoch = Trainer.run_epoch

    def counted(*arguments: object) -> object:
        nonlocal epochs
        epochs += 1
        if epochs == 1:
            at_start()
        return one_epoch(*arguments)

    Trainer.run_epoch = counted
    sys.stdout = sys.stderr = io.StringIO()
    runpy.run_path("stages/train.py", run_name="__main__")
    return epochs


def train_until(last: int) -> int:
    """Run the stage; kill the process at function call number `last` after the start of the first epoch."""
    calls = 0

    def count(*_: object) -> None:
        nonlocal calls
        calls += 1
        if calls == last:
            os.kill(os.getpid(), signal.SIGKILL)

    train(lambda: sys.setprofile(count))
    sys.setprofile(None)
    Path("calls").write_text(str(calls))
    return 0


def main(variant: str, points: int) -> None:
    """Train without interruption, for the bytes and the number of calls; then kill and resume at each point."""
    sys.argv = ["train.py", variant, "1"]
    paths = [Path(path.format(f"{variant}-1")) for path in OUTPUTS]
    checkpoint = Path(f"checkpoints/{variant}-1.pt")
    assert forked(partial(train_until, 0)) == 0
    whole, calls = [path.read_bytes() for path in paths], int(Path("calls").read_text())
    step = calls * 19 // 20 // points  # not at the very end, as the number of calls varies a little
    for last in range(step, step * points + 1, step):
        for path in paths:
            path.unlink(missing_ok=True)
        assert forked(partial(train_until, last)) == -signal.SIGKILL
        done = len(torch.load(checkpoint, weights_only=True)["state"]["history"]) if checkpoint.exists() else 0
        trained = forked(train)
        same = [path.read_bytes() for path in paths] == whole
        left = [str(path) for path in [checkpoint, *Path(".").rglob(".*.tmp")] if path.exists()]
        print(json.dumps({"done": done, "trained": trained, "same": same, "left": left}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
