"""Make the images of the README after `make repro`: predict.py in a terminal, and the report on a screen and a phone.

    python docs/pictures.py

Needs Chromium on the path and tests/requirements.txt (`pip install -r`) for the report.
"""

import io
import os
import pty
import re
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright
from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).parent.parent
HEADLINES = "dorm room reaches legal drinking age", "south dakota tribe fights to save its language"
COLUMNS = 115
# rich adds the address of a web font, which viewers would download
FONT = re.compile(r"@font-face \{.*?\}", re.DOTALL)


def main() -> None:
    """Write both images."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO())
    for arguments in ([*HEADLINES], ["--explain", HEADLINES[0]]):
        shown = " ".join(word if word.startswith("-") else f'"{word}"' for word in arguments)
        console.print(Text(f"$ python stages/predict.py {shown}", style="bold"))
        console.print(Text.from_ansi(run_in_terminal([sys.executable, "stages/predict.py", *arguments])))
    image = FONT.sub("", console.export_svg(title="headline-rnn", unique_id="terminal"))
    (ROOT / "docs/terminal.svg").write_text(image, encoding="utf-8")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for name, width, scheme in (("report", 1280, "light"), ("report-phone", 400, "dark")):
            page = browser.new_page(
                viewport={"width": width, "height": 1000}, color_scheme=scheme, is_mobile=width == 400
            )
            page.goto((ROOT / "plots/report.html").as_uri())
            page.locator('#words[aria-busy="false"]').wait_for()
            page.screenshot(path=ROOT / f"docs/{name}.png")
        browser.close()


def run_in_terminal(command: list[str]) -> str:
    """Run a command in a pseudo-terminal; return its output, including colours."""
    reader, terminal = pty.openpty()
    environment = os.environ | {"COLUMNS": str(COLUMNS)}
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=terminal, cwd=ROOT, env=environment)
    os.close(terminal)
    output = b""
    while True:
        try:
            output += os.read(reader, 4096)
        except OSError:  # the command has closed the terminal
            process.wait()
            return output.decode().replace("\r\n", "\n")


if __name__ == "__main__":
    main()
