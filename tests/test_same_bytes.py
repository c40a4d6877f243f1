"""The same bytes on every x86-64 processor with AVX2: the settings of sarcasm/__init__.py, and what they are for."""

import ast
import platform
import re
import shutil
import sys

import pytest
from ruamel.yaml import YAML
from tests.project import ROOT, contents, run, write_params

pytestmark = pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="promised for x86-64 only")

# Runs stages in one process: under valgrind, importing torch takes half a minute.
RUN_STAGES = """
import runpy, sys
sys.path.insert(0, "stages")
for command in sys.argv[1:]:
    sys.argv = command.split()
    runpy.run_path(f"stages/{sys.argv[0]}.py", run_name="__main__")
"""
PRINT_SETTINGS = """
import torch
from threadpoolctl import threadpool_info
print("torch:", torch.backends.cpu.get_cpu_capability())
print("openblas:", *(info["architecture"] for info in threadpool_info() if info["internal_api"] == "openblas"))
"""


def test_the_settings_are_made_before_any_library_is_imported():
    scripts = [path for folder in (".", "stages", "studies") for path in (ROOT / folder).glob("*.py")]
    for path in scripts:
        imports = [
            node for node in ast.parse(path.read_text("utf-8")).body if isinstance(node, ast.Import | ast.ImportFrom)
        ]
        names = [node.module if isinstance(node, ast.ImportFrom) else node.names[0].name for node in imports]
        packages = [package for name in names if (package := name.split(".")[0]) not in sys.stdlib_module_names]
        assert "sarcasm" not in packages[1:] or packages[0] == "sarcasm", path


def test_the_settings_are_in_force_in_a_training(small_project):
    code = ["python", "-c", RUN_STAGES + PRINT_SETTINGS, "train lstm 1"]
    said = run(small_project, "env", "MKL_VERBOSE=1", "ONEDNN_VERBOSE=1", *code).stdout
    assert "torch: AVX2\n" in said and "openblas: Haswell" in said
    assert "onednn_verbose,v1,info,cpu,isa:Intel AVX2\n" in said
    assert set(re.findall(r"MKL_VERBOSE SGEMM.* CNR:(\w+)", said)) == {"COMPATIBLE"}


@pytest.mark.slow
def test_another_environment_gives_the_same_bytes(small_base, fresh_project):
    settings = "TZ=Pacific/Kiritimati LC_ALL=C OPENBLAS_CORETYPE=Prescott MKL_CBWR=SSE2 OMP_NUM_THREADS=2".split()
    run(fresh_project, "env", *settings, "sh", "-c", "umask 077; dvc repro")
    assert contents(fresh_project) == contents(small_base)


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("valgrind"), reason="valgrind is not installed (apt-get install valgrind)")
def test_a_processor_without_avx512_gives_the_same_bytes(fresh_base, tmp_path):
    """Valgrind's processor has AVX2 and no AVX-512; where this one has it, the models differ without the settings."""
    document = YAML().load(
        (ROOT / "params.yaml").read_text(encoding="utf-8")
    )  # with all variants, as large as they are
    document["split"] |= {"train": 80, "validation": 20, "test": 20}
    document["train"] |= {"epochs": 1}
    document["evaluate"] |= {"resamples": 100}
    trainings = [f"train {name} 1" for group in ("variants", "pretrained_variants") for name in document[group]]
    stages = ["check_and_clean", "download_corpus", "download_glove", "split_corpus", "tokenize_corpus plain"]
    stages += ["tokenize_corpus pretrained", "glove_coverage", "train_baseline", *trainings, "evaluate", "report"]
    results = []
    for place, tool in enumerate([[], ["valgrind", "--tool=none", "--quiet"]]):
        folder = shutil.copytree(fresh_base, tmp_path / str(place))
        write_params(folder, document)
        run(folder, *tool, "python", "-c", RUN_STAGES, *stages)
        results.append(contents(folder))
    assert len(results[0]) > 3 * len(trainings)
    assert [path for path in results[0] if results[0][path] != results[1].get(path)] == []
