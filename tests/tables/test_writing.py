"""The folder of tables: whole, told where from, and without leftovers."""

from __future__ import annotations

import json
import re

import numpy as np
import pandas as pd

from scinfovae.tables.document import Origin
from scinfovae.tables.suite import make_tables
from scinfovae.tables.writing import write_tables

ORIGIN = Origin("scinfovae-bench tables dataset=at_hand", "3 records (3 ok)", "0.0.0")


def cells_of(row):
    """Split a row as a Markdown reader does: at bars that are not escaped."""
    return re.split(r"(?<!\\)\|", row.strip())[1:-1]


def fill(bench):
    rng = np.random.default_rng(0)
    for dataset in ("worm_neuron", "young_top2000"):
        for method in ("pca", "scinfovae"):
            for seed in (0, 1):
                bench.run(dataset, method, seed, {"kmeans": float(rng.random())})


def test_every_file_says_where_it_comes_from(bench, tmp_path):
    fill(bench)
    records = bench.records()
    origin = Origin("scinfovae-bench tables", records.told(), "0.0.0")
    files = write_tables(tmp_path, make_tables(records), origin)
    assert len(files) > 30
    for file in files:
        text = file.read_text(encoding="utf-8")
        assert "scinfovae-bench tables" in text, file
        assert "8 records" in text, file


def test_numbers_for_machines_survive_the_file(bench, tmp_path):
    fill(bench)
    tables = make_tables(bench.records())
    write_tables(tmp_path, tables, ORIGIN)
    (ari,) = [table for table in tables if table.name == "ari"]
    read = pd.read_csv(tmp_path / "ari.csv", float_precision="round_trip")
    assert read["mean"].tolist() == ari.data["mean"].tolist()
    assert (read["command"] == ORIGIN.command).all()


def test_counts_are_whole_numbers(bench, tmp_path):
    fill(bench)
    write_tables(tmp_path, make_tables(bench.records(), measures=["ari"]), ORIGIN)
    for file in tmp_path.glob("*.csv"):
        read = pd.read_csv(file, dtype=str)
        for name in (name for name in read if name.startswith("n_")):
            assert read[name].dropna().str.fullmatch(r"\d+").all(), (file.name, name)


def test_the_same_records_give_the_same_bytes(bench, tmp_path):
    fill(bench)
    for folder in ("a", "b"):
        write_tables(tmp_path / folder, make_tables(bench.records(), measures=["ari"]), ORIGIN)
    for file in (tmp_path / "a").iterdir():
        assert file.read_bytes() == (tmp_path / "b" / file.name).read_bytes(), file.name


def test_tables_of_an_older_command_do_not_stay(bench, tmp_path):
    fill(bench)
    records = bench.records()
    write_tables(tmp_path, make_tables(records, measures=["ari"]), ORIGIN)
    (tmp_path / "mine.md").write_text("not of ours")
    write_tables(tmp_path, make_tables(records, measures=["nmi"]), ORIGIN)
    assert not (tmp_path / "ari.md").exists()
    assert (tmp_path / "nmi.md").exists()
    assert (tmp_path / "mine.md").exists()


def test_a_forged_list_of_files_removes_nothing_else(bench, tmp_path):
    fill(bench)
    outside = tmp_path / "outside.md"
    outside.write_text("mine")
    out = tmp_path / "out"
    out.mkdir()
    (out / "index.json").write_text(json.dumps({"files": ["../outside.md", 3, "keep.txt"]}))
    (out / "keep.txt").write_text("mine")
    write_tables(out, make_tables(bench.records(), measures=["ari"]), ORIGIN)
    assert outside.exists()
    assert (out / "keep.txt").exists()


def test_hostile_names_in_all_tables(bench, tmp_path):
    for name in (r"\input{x}", "a|b <i>", "x\ny"):
        bench.run(name, "pca", 0, {"kmeans": 0.5}, title=r"PCA_50 & $x$|y")
        bench.run(name, "scinfovae", 0, status="failed", message="<b> | \\evil & co\nnext")
    records = bench.records()
    write_tables(tmp_path, make_tables(records, stage="both"), ORIGIN)
    for file in tmp_path.glob("*.md"):
        rows = [one for one in file.read_text().splitlines() if one.startswith("|")]
        widths = {len(cells_of(row)) for row in rows}
        assert len(widths) <= (1 if file.name != "README.md" else 9), file
        assert not any("<b>" in row or "<i>" in row for row in rows)
    for file in tmp_path.glob("*.tex"):
        body = [one for one in file.read_text().splitlines() if not one.startswith("%")]
        assert not any(r"\input" in one or r"\evil" in one for one in body)
