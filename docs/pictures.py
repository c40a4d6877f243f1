"""Take the README's pictures anew, after `make repro`: predict.py in a terminal, and the top of the report.

    python docs/pictures.py

Needs Chromium on the path for the report.
"""

import io
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).parent.parent
HEADLINES = "dorm room reaches legal drinking age", "south dakota tribe fights to save its language"
COLUMNS = 100
# the address of a font that a reader of the picture would fetch
FONT = re.compile(r"@font-face \{.*?\}", re.DOTALL)


def main() -> None:
    """Take both."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO())
    for arguments in ([*HEADLINES], ["--explain", HEADLINES[0]]):
        shown = " ".join(word if word.startswith("-") else f'"{word}"' for word in arguments)
        console.print(Text(f"$ python stages/predict.py {shown}", style="bold"))
        console.print(Text.from_ansi(in_terminal([sys.executable, "stages/predict.py", *arguments])))
    picture = FONT.sub("", console.export_svg(title="headline-rnn", unique_id="terminal"))
    (ROOT / "docs/terminal.svg").write_text(picture, encoding="utf-8")
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--window-size=1000,1150"]
    page = (ROOT / "plots/report.html").as_uri()
    subprocess.run(["chromium", *flags, f"--screenshot={ROOT / 'docs/report.png'}", page], check=True)


def in_terminal(command: list[str]) -> str:
    """Return what a command writes to a terminal, colours and all."""
    ours, its = pty.openpty()
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=its, cwd=ROOT)
    os.close(its)
    written = b""
    while True:
        try:
            written += os.read(ours, 4096)
        except OSError:  # the terminal's other end is closed
            process.wait()
            return written.decode().replace("\r\n", "\n")


if __name__ == "__main__":
    main()
