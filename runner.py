"""Run `dvc repro` and show it: a line for each stage that has run, on a terminal also the running ones in place."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from contextlib import nullcontext
from pathlib import Path
from threading import Thread

sys.path.insert(0, str(Path(__file__).resolve().parent / "stages"))

from sarcasm.params import BASELINE, Params  # noqa: E402
from sarcasm.stage import InputError  # noqa: E402
from sarcasm.tables import format_difference, read_evaluation  # noqa: E402

from rich.console import Console, Group  # noqa: E402
from rich.live import Live  # noqa: E402
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn  # noqa: E402
from rich.table import Table  # noqa: E402
from rich.text import Text  # noqa: E402

# what DVC says when a stage starts, when one need not run, and after the output of one
STARTED = re.compile(r"Running stage '(.+)':")
SKIPPED = re.compile(r"Stage '(.+)' (?:didn't change|is cached)")
ENDED = re.compile(r"Running stage '|Stage '|Updating lock file|To track the changes|Use `dvc push`")
REFRESH = 0.2  # seconds


class Runner:
    """Runs stages in a folder; the output of each goes to .dvc/tmp/logs/<stage>.log."""

    def __init__(self, folder: Path, params: Params) -> None:
        trainings = [f"train@{run}" for name in params.variants for run in params.runs[name]]
        trainings += [f"train-pretrained@{run}" for name in params.pretrained_variants for run in params.runs[name]]
        self.folder, self.epochs, self.trainings = folder, params.train.epochs, ["train-baseline", *trainings]
        self.states: dict[str, str] = {}
        self.console = Console(highlight=False)
        columns = TextColumn("{task.description}"), BarColumn(20), TextColumn("{task.fields[scores]}")
        self.bars = Progress(*columns, TimeRemainingColumn(), console=self.console)
        self.tasks: dict[str, TaskID] = {}
        self.logs = folder / ".dvc/tmp/logs"
        shutil.rmtree(self.logs, ignore_errors=True)
        self.logs.mkdir(parents=True)

    def run(self, jobs: int, own_files: list[str]) -> None:
        """Run the pipeline, with the trainings divided among `jobs` processes of DVC.

        own_files: stages that read a file of the user; they run again, as DVC does not know whether it has changed
        Raises InputError if a stage fails.
        """
        begin = time.monotonic()
        live = Live(console=self.console, get_renderable=self.render, refresh_per_second=1 / REFRESH, transient=True)
        with live if self.console.is_terminal else nullcontext():
            if own_files:
                self.repro(["check-and-clean"])
                self.repro(["--force", "--single-item", *own_files])
            if jobs > 1:  # `dvc repro` alone runs one stage after the other
                self.repro(["glove-coverage", "tokenize"])
                names = self.trainings[::-1]  # the largest are last in params.yaml
                self.repro(*(["--single-item", *names[job::jobs]] for job in range(min(jobs, len(names)))))
            self.repro([])
        count = list(self.states.values()).count("done")
        seconds = time.monotonic() - begin
        print(f"{count} stages run in {seconds:.0f} s, {len(self.states) - count} up to date\n")

    def repro(self, *shares: list[str]) -> None:
        """Run a `dvc repro` for each of `shares`, at the same time. Raises InputError if one fails."""
        command = [sys.executable, "-m", "dvc", "--wait-for-lock", "repro"]
        environment = os.environ | {"PYTHONUNBUFFERED": "1"}
        errors: list[str] = []
        processes, threads = [], []
        for share in shares:
            process = subprocess.Popen(
                [*command, *share],
                cwd=self.folder,
                env=environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                encoding="utf-8",
                errors="replace",
                start_new_session=True,  # so that its stages can be interrupted with it
            )
            threads.append(Thread(target=self.follow, args=(process, errors)))
            threads[-1].start()
            processes.append(process)
        try:
            while any(thread.is_alive() for thread in threads):
                self.show_progress()
                time.sleep(REFRESH)
        except KeyboardInterrupt:
            print("stopping; the same command goes on from here", file=sys.stderr, flush=True)
            while running := [process for process in processes if process.poll() is None]:
                for process in running:  # again and again, as DVC can miss it between two stages
                    os.killpg(process.pid, signal.SIGINT)
                time.sleep(2)
            raise
        if errors:
            raise InputError("; ".join(errors))

    def follow(self, process: subprocess.Popen[str], errors: list[str]) -> None:
        """Read what a `dvc repro` prints until it ends; if it fails, add an error."""
        stage, begin, output = "", 0.0, ["no output"]
        for line in process.stdout or ():
            if stage and ENDED.match(line):
                self.end(stage, begin, output[-1])
                stage = ""
            if skipped := SKIPPED.match(line):
                self.states.setdefault(skipped[1], "up to date")
            elif started := STARTED.match(line):
                stage, begin, output = started[1], time.monotonic(), ["no output"]
                self.states[stage] = "running"
                name = stage.removeprefix("train@").removeprefix("train-pretrained@")
                self.tasks[stage] = self.bars.add_task(name, total=None, scores="starting")
                (self.logs / f"{stage}.log").write_text("")
            elif line.strip() and "failed to reproduce" not in line:
                output.append(line.strip())
                with (self.logs / f"{stage or 'dvc'}.log").open("a", encoding="utf-8") as log:
                    log.write(line)
        if process.wait():
            log = os.path.relpath(self.logs / f"{stage or 'dvc'}.log")
            errors.append(f"{stage or 'dvc repro'} failed: {output[-1]} (all of its output: {log})")

    def end(self, stage: str, begin: float, last_line: str) -> None:
        """Note that a stage has run."""
        self.states[stage] = "done"
        self.bars.remove_task(self.tasks.pop(stage))
        if stage not in self.trainings or not self.console.is_terminal:  # else its bar has shown it
            self.console.print(Text(f"{stage} ({time.monotonic() - begin:.0f} s): {last_line}"), soft_wrap=True)

    def show_progress(self) -> None:
        """Read the epoch and the validation scores of the running trainings from their histories."""
        for task in self.bars.tasks:
            history = self.folder / f"plots/history/{task.description}.csv"
            if history.is_file():
                epoch, *_, loss, accuracy = history.read_text(encoding="utf-8").splitlines()[-1].split(",")
                scores = f"epoch {epoch} of {self.epochs}: {float(loss):.4f}, {float(accuracy):.4f}"
                # the epochs of an earlier process, from which a training resumes, say nothing about its speed
                update = self.bars.reset if task.total is None else self.bars.update
                update(task.id, total=self.epochs, completed=int(epoch), scores=scores)

    def render(self) -> Group:
        """Return what the terminal shows now."""
        done = [stage for stage, state in self.states.items() if state != "running"]
        waiting = [stage for stage in [*self.trainings, "evaluate", "report"] if stage not in self.states]
        running = Text("running, with validation loss and accuracy:", style="dim")
        lines = [_line("done", done[::-1]), running, self.bars, _line("waiting", waiting)]
        return Group(*(lines if waiting else lines[:-1]))


def _line(state: str, stages: list[str]) -> Text:
    return Text(f"{state} {len(stages)}: {', '.join(stages)}", style="dim", no_wrap=True, overflow="ellipsis")


def show_results(folder: Path) -> None:
    """Print the scores of each variant, lowest validation loss first, and what the first one has reached."""
    evaluation = read_evaluation(folder / "metrics/evaluation.csv").sort_values("validation_loss")
    split, headlines = evaluation[["split", "headlines"]].iloc[0]
    table = Table(box=None, pad_edge=False)
    table.add_column("\nvariant", overflow="fold")
    for heading in ("validation\nloss", f"{split}\naccuracy"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column(f"difference from {BASELINE}\n(95 % interval)", no_wrap=True)
    for name, row in evaluation.iterrows():
        scores = f"{row['validation_loss']:.3f}", f"{row['accuracy']:.3f}"
        difference = format_difference(row)
        style = "bold" if "*" in difference else ""
        table.add_row(str(name), *scores, Text(difference.strip("*"), style))
    Console(highlight=False).print(table)
    best = evaluation.iloc[0]
    score = f"{split} accuracy {best['accuracy']:.3f} on {headlines:,} headlines"
    if difference := format_difference(best):
        significant = "significant" if "*" in difference else "not significant"
        score += f", {difference.strip('*')} against {BASELINE}: {significant}"
    print(f"\n{best.name} has the lowest validation loss; {score}")
