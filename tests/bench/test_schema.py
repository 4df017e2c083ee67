"""The files of a record are what the types say."""

from __future__ import annotations

import json
from typing import Any, Literal, NotRequired, get_args, get_origin, get_type_hints, is_typeddict

import pytest
import yaml

from scinfovae.bench.records.schema import ConfigFile, MetricsFile, ProvenanceFile, StatusFile
from scinfovae.cli.main import main


def problems(value, hint, where="file"):
    """List where a value is not of its type."""
    if is_typeddict(hint):
        if not isinstance(value, dict):
            return [f"{where} is no mapping"]
        hints = get_type_hints(hint, include_extras=True)
        optional = {k for k, member in hints.items() if get_origin(member) is NotRequired}
        found = [f"{where}.{key} is unknown" for key in value if key not in hints]
        found += [f"{where}.{key} is missing" for key in hints if key not in {*value, *optional}]
        members = {k: get_args(m)[0] if k in optional else m for k, m in hints.items()}
        for key in members:
            if key in value:
                found += problems(value[key], members[key], f"{where}.{key}")
        return found
    if hint is Any:
        return []
    if get_origin(hint) is Literal:
        return [] if value in get_args(hint) else [f"{where} is {value}"]
    if get_origin(hint) is list:
        each = get_args(hint)[0]
        return [
            p for i, member in enumerate(value) for p in problems(member, each, f"{where}[{i}]")
        ]
    if get_origin(hint) is dict:
        each = get_args(hint)[1]
        return [p for k, member in value.items() for p in problems(member, each, f"{where}.{k}")]
    if get_args(hint):  # a union
        found = [problems(value, member, where) for member in get_args(hint)]
        return [] if [] in found else found[0]
    fits = isinstance(value, (int, float) if hint is float else hint)
    return [] if fits else [f"{where} is {value!r}"]


@pytest.mark.parametrize(
    "words",
    [
        ("method=toy", "method.own=true", "method.collapsed=true"),
        ("method=toy", "method.raise_for=[0]"),
        ("method=pca", "clusterers=[kmeans,leiden]"),
        ("method=random_labels",),
        ("method=pca", "structure=true"),
        ("method=scinfovae", "method.pretrain.epochs=2", "method.fine_tune.epochs=2"),
        (
            "method=scinfovae_consensus",
            "method.members=1",
            "method.decoded.pretrain_steps=2",
            "method.self_trained.pretrain_steps=2",
            "method.self_trained.fine_tune_steps=2",
        ),
    ],
)
def test_a_record_is_of_its_types(toy, bench, results, words):
    bench(*words)
    (folder,) = results.glob("runs/simulated/*/*/seed=0")
    config = yaml.safe_load((folder / "config.yaml").read_text())
    assert problems(config, ConfigFile, "config") == []
    files = {"status": StatusFile, "provenance": ProvenanceFile, "metrics": MetricsFile}
    for name, hint in files.items():
        if (folder / f"{name}.json").exists():
            assert problems(json.loads((folder / f"{name}.json").read_text()), hint, name) == []


@pytest.mark.parametrize("method", ["pca", "random_embedding", "dca"])
def test_a_record_of_points_is_of_its_types(results, capsys, method):
    words = ("dataset=figure4", "dataset.points.n_cells=110", "dataset.points.n_new=110")
    where = f"results.dir={results}"
    assert main(["run", *words, f"method={method}", "clusterers=[kmeans]", where]) == 0
    capsys.readouterr()
    (folder,) = results.glob("runs/figure4/*/*/seed=0")
    assert problems(yaml.safe_load((folder / "config.yaml").read_text()), ConfigFile) == []
    for name, hint in (("provenance", ProvenanceFile), ("metrics", MetricsFile)):
        if (folder / f"{name}.json").exists():
            assert problems(json.loads((folder / f"{name}.json").read_text()), hint, name) == []


def test_what_is_not_of_its_type_is_found():
    status = {"schema": 1, "status": "okay", "stage": "", "message": "", "collapsed": 0, "x": 1}
    assert problems(status, StatusFile) == [
        "file.x is unknown",
        "file.traceback is missing",
        "file.status is okay",
        "file.collapsed is 0",
    ]
