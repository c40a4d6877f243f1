"""docs/reliability.md names tests that there are."""

import re

from tests.project import ROOT


def test_every_test_that_the_table_names_is_there():
    table = (ROOT / "docs/reliability.md").read_text(encoding="utf-8")
    rows = [line for line in table.splitlines() if line.startswith("| ") and not line.startswith("| fault")]
    named = [re.findall(r"`(test_\w+)`", row.split("|")[3]) for row in rows]
    assert len(rows) > 40 and all(named)
    there = {
        name
        for path in (ROOT / "tests").glob("test_*.py")
        for name in re.findall(r"^def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert not {name for names in named for name in names} - there
