"""Put generated tables into the pages, so that no number in them is typed by hand.

    python docs/fill.py

A page says `<!-- from FILE -->`, and what stands from there to `<!-- end -->` becomes the text of FILE.
"""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
BLOCK = re.compile(r"(<!-- from (\S+) -->\n).*?(<!-- end -->)", re.DOTALL)


def pages() -> list[Path]:
    """Return the pages that may have blocks."""
    return [ROOT / "README.md", ROOT / "benchmarks/README.md", *sorted((ROOT / "docs").glob("*.md"))]


def fill(page: str) -> str:
    """Return the page with the text of each block's file in its place."""
    return BLOCK.sub(lambda block: block[1] + (ROOT / block[2]).read_text(encoding="utf-8") + block[3], page)


if __name__ == "__main__":
    for path in pages():
        path.write_text(fill(path.read_text(encoding="utf-8")), encoding="utf-8")
