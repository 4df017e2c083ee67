from __future__ import annotations

import datetime
import getpass
import json
import platform
from pathlib import Path

from scinfovae.bench.running import provenance


def test_equal_circumstances_have_equal_hashes_and_others_do_not():
    base = provenance.numerics("cpu", 1, 1)
    assert base == provenance.numerics("cpu", 1, 1)
    hashes = {base["hash"]}
    hashes |= {provenance.numerics("cpu", *pair)["hash"] for pair in ((2, 1), (1, 2))}
    assert len(hashes) == 3


def test_a_library_of_another_version_changes_the_hash(monkeypatch):
    before = provenance.numerics("cpu", 1, 1)["hash"]
    versions = {**provenance.package_versions(), "torch": "0.0"}
    monkeypatch.setattr(provenance, "package_versions", lambda: versions)
    assert provenance.numerics("cpu", 1, 1)["hash"] != before


def test_another_library_of_products_changes_the_hash(monkeypatch):
    facts = provenance.numerics("cpu", 1, 1)
    monkeypatch.setattr("scinfovae.model.products.library_of_products", lambda: "another")
    other = provenance.numerics("cpu", 1, 1)
    assert (other["products"], other["hash"] != facts["hash"]) == ("another", True)


def test_the_command_can_be_typed_again_and_names_nobody(monkeypatch, tmp_path):
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    told = provenance.command_line(["run", f"data.mirror={tmp_path}/a b", "seed=0,1"])
    assert told == "scinfovae-bench run 'data.mirror=~/a b' seed=0,1"


def test_provenance_names_neither_host_nor_user():
    told = provenance.describe(
        command="scinfovae-bench run",
        dataset={"name": "x"},
        facts=provenance.numerics("cpu", 1, 1),
        stacked_seeds=(0,),
        started=datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC),
    )
    text = json.dumps(told)
    assert told["started"] == "2024-01-01T00:00:00+00:00"
    assert platform.node() not in text or len(platform.node()) < 4
    assert f"/{getpass.getuser()}/" not in text
