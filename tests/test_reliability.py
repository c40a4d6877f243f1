"""The tests named in docs/reliability.md exist."""

import re

from tests.project import ROOT


def test_every_test_in_the_table_exists():
    table = (ROOT / "docs/reliability.md").read_text(encoding="utf-8")
    rows = [line for line in table.splitlines() if line.startswith("| ") and not line.startswith("| fault")]
    named = [re.findall(r"`(test_\w+)`", row.split("|")[3]) for row in rows]
    assert len(rows) > 40 and all(named)
    existing = {
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert not {name for names in named for name in names} - existing
