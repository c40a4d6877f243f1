"""ctrl-C ends a stage silently, from the first import on."""

import pytest
from tests.project import ROOT, start

SCRIPTS = sorted(path.name for path in (ROOT / "stages").glob("*.py"))


@pytest.mark.parametrize("script", SCRIPTS)
def test_an_interrupt_during_the_imports_is_silent(tmp_path, script):
    for module in ("argparse", "numpy", "pandas", "torch"):  # the script imports one of these first, and is interrupted
        (tmp_path / f"{module}.py").write_text("import os\nos.kill(os.getpid(), 2)\n")
    process = start(tmp_path, "env", f"PYTHONPATH={tmp_path}", "python", str(ROOT / "stages" / script))
    assert process.communicate() == ("", "") and process.returncode == 130
