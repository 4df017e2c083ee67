"""What the README shows is what lies under results."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pandas as pd

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

import readme_table  # noqa: E402


def test_the_table_of_the_readme_is_that_of_the_results():
    lines = readme_table.lines_of(readme_table.TABLE)
    assert len(lines) > 10
    assert "\n".join(lines) in (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_row_of_a_method_by_hand(tmp_path):
    columns = ("kind", "variant", "control", "complete", "dataset", "method", "clusterer", "label")
    columns += ("mean", "sd", "seeds")
    rows = []
    for clusterer, best in (("kmeans", 0.9), ("own", 0.5)):
        for i, name in enumerate(readme_table.SETS):
            told = ("measured", "", "False", "True", name, "desc", clusterer, "DESC")
            rows.append((*told, best + i / 100, 0.0123, "0,1,2"))
    told = ("measured", "", "False", "True", readme_table.SETS[0], "pca", "kmeans", "PCA")
    rows.append((*told, 0.6, 0.1, "0"))  # not on all sets
    pd.DataFrame(rows, columns=columns).to_csv(tmp_path / "ari.csv", index=False)
    ranked = [("desc", "", 1.25), ("desc", "epochs=1", 2.0), ("pca", "", 1.75)]
    table = pd.DataFrame(ranked, columns=["method", "variant", "mean_rank"])
    table.to_csv(tmp_path / "methods.csv", index=False)
    (line,) = readme_table.lines_of(tmp_path / "ari.csv")[2:]
    assert line == (
        "| DESC, own | **.500 ± .012** | **.510 ± .012** | **.520 ± .012** | **.530 ± .012** | "
        ".515 | 1.2 | 3 | `method=desc 'seed=range(3)'` |"
    )


def test_every_committed_figure_has_its_files_and_every_picture_of_a_page_is_there():
    figures = ROOT / "results" / "figures"
    for folder in (figures, figures / "at_hand"):
        entries = json.loads((folder / "index.json").read_text(encoding="utf-8"))["figures"]
        assert entries
        for file in (file for entry in entries.values() for file in entry["files"]):
            assert (folder / file).is_file(), file
    for page in (ROOT / "README.md", figures / "README.md", figures / "at_hand" / "README.md"):
        for target in re.findall(r"\]\(([^)#]+)", page.read_text(encoding="utf-8")):
            assert "://" in target or (page.parent / target).exists(), (page.name, target)
