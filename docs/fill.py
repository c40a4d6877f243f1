"""Fill the generated parts of the Markdown pages.

    python docs/fill.py

The text between `<!-- from FILE -->` and `<!-- end -->` is replaced by the content of FILE, for dvc.yaml by a table of
its stages. In a link such as [`train_epoch`](stages/sarcasm/trainer.py#L1) the line becomes that of the name.
"""

import re
from pathlib import Path

import yaml

ROOT = Path(__file__).parent.parent
BLOCK = re.compile(r"(<!-- from (\S+) -->\n).*?(<!-- end -->)", re.DOTALL)
LINK = re.compile(r"\[`([^`\]]+)`\]\(([^)#]+)#L\d+\)")


def pages() -> list[Path]:
    """Return the pages that may contain such parts."""
    return [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "benchmarks/README.md", *(ROOT / "docs").glob("*.md")]


def fill(text: str, folder: Path) -> str:
    """Return the text of a page in a folder with the current content of each part."""

    def content(block: re.Match[str]) -> str:
        path = ROOT / block[2]
        return block[1] + (stages(path) if path.name == "dvc.yaml" else path.read_text(encoding="utf-8")) + block[3]

    def link(found: re.Match[str]) -> str:
        name, path = re.escape(found[1]), found[2]
        code = (folder / path).read_text(encoding="utf-8")
        definition, use = rf"^(?:def |class )?{name}\b", rf"^(?!from |import ).*\b{name}\b"
        place = re.search(definition, code, re.MULTILINE) or re.search(use, code, re.MULTILINE)
        if not place:
            raise ValueError(f"{path} has no {found[1]}")
        return f"[`{found[1]}`]({path}#L{code[: place.end()].count(chr(10)) + 1})"

    return LINK.sub(link, BLOCK.sub(content, text))


def stages(path: Path) -> str:
    """Return a table of the stages of dvc.yaml: what each does, reads and writes."""
    lines = ["| stage | what it does | reads | writes |", "|---|---|---|---|"]
    for name, stage in yaml.safe_load(path.read_text(encoding="utf-8"))["stages"].items():
        stage = stage.get("do", stage)
        outs = (out for kind in ("outs", "metrics", "plots") for out in stage.get(kind, []))
        writes = [out if isinstance(out, str) else next(iter(out)) for out in outs]
        reads = [dep for dep in stage["deps"] if not dep.startswith("stages/")]
        cells = (", ".join(shorten(paths)) for paths in (reads, writes))
        script = stage["cmd"].split()[1]
        lines.append(f"| [{name}]({script}) | {stage['desc']} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def shorten(paths: list[str]) -> list[str]:
    """Return paths with <name> for what DVC fills in; of several in one folder, the folder."""
    names = {re.sub(r"\$\{\w+\}", "<name>", path) for path in paths}
    folders = [str(Path(name).parent) for name in names]
    shown = {f"{folder}/" if folders.count(folder) > 2 else name for name, folder in zip(names, folders, strict=True)}
    return sorted(f"`{path}`" for path in shown)


if __name__ == "__main__":
    for page in pages():
        page.write_text(fill(page.read_text(encoding="utf-8"), page.parent), encoding="utf-8")
