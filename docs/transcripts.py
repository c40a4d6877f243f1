"""Run the commands of the pages, and replace the output that the pages show.

    python docs/transcripts.py                             # about twenty minutes on two cores
    python docs/transcripts.py docs/own-headlines.md       # one page

A command is a line with `$ ` in a fenced block, and the lines with `> ` that continue it. The commands of a page run in
one shell, in a clone of the current commit with a copy of the DVC cache. Its temporary path is shown as `/...`.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / f"docs/{name}.md" for name in ("cluster", "experiments", "own-headlines")]
BLOCK = re.compile(r"^```\n(\$ .*?)^```$", re.DOTALL | re.MULTILINE)
COMMAND = re.compile(r"^\$ .*\n(?:> .*\n)*", re.MULTILINE)


def main(pages: list[Path]) -> None:
    """Run and rewrite each page."""
    for page in pages:
        text = page.read_text(encoding="utf-8")
        with TemporaryDirectory() as name:
            folder = Path(name).resolve()
            outputs = run(commands(text), clone(folder), folder)
        page.write_text(fill(text, iter(outputs)), encoding="utf-8")


def commands(text: str) -> list[str]:
    """Return the commands of a page."""
    return [command for block in BLOCK.findall(text) for command in COMMAND.findall(block)]


def fill(text: str, outputs: Iterator[str]) -> str:
    """Return the page with the next output after each command."""
    return BLOCK.sub(
        lambda block: "```\n" + "".join(command + next(outputs) for command in COMMAND.findall(block[1])) + "```", text
    )


def clone(folder: Path) -> Path:
    """Clone the current commit, with its data and models from a copy of the DVC cache."""
    project = folder / "headline-rnn"
    subprocess.run(["git", "clone", "--quiet", ROOT, project], check=True)
    cache = subprocess.check_output(["dvc", "cache", "dir"], cwd=ROOT, text=True).strip()
    shutil.copytree(ROOT / cache, project / ".dvc/cache")
    (project / ".venv").mkdir()
    (project / ".venv/installed").touch()  # make uses the environment of this script
    for command in (["dvc", "checkout", "--quiet", "--allow-missing"], ["dvc", "repro", "--quiet"]):
        subprocess.run(command, cwd=project, env=environment(folder), check=True)
    return project


def environment(folder: Path) -> dict[str, str]:
    """Return the environment of a user who has activated this Python's environment."""
    others = "GIT_", "DVC_", "HEADLINES_", "MAKE"  # a make that runs in `make docs` would print its folder
    kept = {name: value for name, value in os.environ.items() if not name.startswith(others)}
    person = {f"GIT_{who}_{what}": "a@b.c" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    dvc = {"DVC_SITE_CACHE_DIR": str(folder / "site"), "DVC_NO_ANALYTICS": "1", "XDG_CACHE_HOME": str(folder / "cache")}
    return kept | person | dvc | {"PATH": path, "PYTHONHASHSEED": "0"}  # in whose order `dvc metrics diff` lists files


def run(commands: list[str], project: Path, folder: Path) -> list[str]:
    """Run the commands in one shell, and return the output of each. Exits if one fails."""
    lines = [re.sub("^[$>] ", "", command, flags=re.MULTILINE) + "printf '\\0'\n" for command in commands]
    shell = subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", "".join(lines)],
        cwd=project,
        env=environment(folder),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    *outputs, rest = shell.stdout.replace(str(folder), "/...").split("\0")
    if shell.returncode:
        sys.exit(f"transcripts.py: exit code {shell.returncode}: {commands[len(outputs)]}{rest}")
    return [re.sub(r"[ \t]+$", "", output, flags=re.MULTILINE).lstrip("\n") for output in outputs]


if __name__ == "__main__":
    main([Path(name) for name in sys.argv[1:]] or PAGES)
