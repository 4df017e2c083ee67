"""What is installed from a wheel finds its configuration without a checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def call(*words, folder, **environment):
    done = subprocess.run(
        [sys.executable, *words],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
def test_a_wheel_works_from_an_empty_folder(tmp_path):
    pytest.importorskip("build")
    wheels, installed, empty = (tmp_path / name for name in ("wheels", "installed", "empty"))
    empty.mkdir()
    build = ("-m", "build", "--wheel", "--no-isolation", "--outdir", str(wheels), str(ROOT))
    call(*build, folder=tmp_path)
    (wheel,) = wheels.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert "scinfovae/_resources/datasets.yaml" in names
    assert "scinfovae/_resources/configs/preset/paper.yaml" in names
    assert "scinfovae/report/templates/page.html.j2" in names
    assert "scinfovae/report/templates/script.js" in names
    assert not [name for name in names if name.startswith(("tests", "results"))]
    pip = ("-m", "pip", "install", "--no-deps", "--no-index", "--quiet", "--target")
    call(*pip, str(installed), str(wheel), folder=tmp_path)
    script = installed / "bin" / "scinfovae-bench"
    # -P keeps the checkout of an editable installation from being found first
    path = {"PYTHONPATH": str(installed), "PYTHONSAFEPATH": "1"}
    where = call("-c", "import scinfovae; print(scinfovae.__file__)", folder=empty, **path)
    assert Path(where.strip()).is_relative_to(installed)
    assert "worm_neuron" in call(str(script), "datasets", "list", folder=empty, **path)
    assert "n_components: 50" in call(
        str(script), "run", "method=pca", "--cfg", folder=empty, **path
    )
    assert list(empty.iterdir()) == []
