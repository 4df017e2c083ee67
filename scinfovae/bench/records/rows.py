"""One record as one row of the frame of runs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, get_args

from scinfovae.bench.planning.variant import data_variant_of, setting_of_config, variant_of
from scinfovae.bench.records.columns import empty_row
from scinfovae.bench.records.contents import EMBEDDINGS
from scinfovae.bench.records.files import read_json
from scinfovae.bench.records.folders import present
from scinfovae.bench.records.status import State

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def row_of(
    folder: Path, name: tuple[str, str, str, int]
) -> tuple[dict[str, Any] | None, list[str]]:
    """Read the files of one record.

    Parameters
    ----------
    folder
        Where it lies.
    name
        Dataset, method, identity and seed, as its place says.

    Returns
    -------
    Its row, without `folder` and `sweep`, and what is wrong with the record, one reason each. A
    torn record counts as failed, so that it is never taken for a result; without a sound status
    there is no record, and so no row.
    """
    place = present(folder)
    status = read_json(place / "status.json")
    if status is None or status.get("status") not in get_args(State):
        return None, [_told(place, "status.json")]
    row, problems = empty_row(*name), []
    row |= {key: str(status.get(key) or "") for key in ("status", "stage", "message")}
    row["collapsed"] = bool(status.get("collapsed", False))
    files = {
        "config": _read_yaml(place / "config.yaml"),
        "provenance": read_json(place / "provenance.json"),
        "metrics": read_json(place / "metrics.json"),
    }
    for part, value in files.items():
        if value is not None:
            row[part] = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    problems += [_told(place, file) for file in _lacking(place, row["status"], files)]
    if files["config"] is not None:
        problems += _describe_config(row, files["config"], files["provenance"] or {})
    if files["provenance"] is not None:
        problems += _describe_provenance(row, files["provenance"])
    if problems and row["status"] == "ok":
        row |= {"status": "failed", "stage": "record", "message": f"{'; '.join(problems)}."}
        row["metrics"] = "{}"
    return row, problems


def named_anew(row: Mapping[str, Any]) -> dict[str, Any]:
    """Say of an exported row how it differs from the defaults of today.

    Parameters
    ----------
    row
        A row of the frame of runs, whose `variant` is that of the day of the export.

    Returns
    -------
    The row with the variants of its configuration; as it was if it has none.
    """
    config = json.loads(row["config"])
    told = dict(row)
    if config:
        _describe_config(told, config, json.loads(row["provenance"]))
    return told


def _lacking(place: Path, status: str, files: Mapping[str, Any]) -> list[str]:
    """List the files that a record of its status should hold and does not."""
    always = {"config": "config.yaml", "provenance": "provenance.json"}
    lacking = [file for part, file in always.items() if files[part] is None]
    if status != "ok":
        return lacking
    metrics = files["metrics"]
    if metrics is None or "clusterings" not in metrics:
        return [*lacking, "metrics.json"]
    stages = metrics.get("stages", ["final"])
    needed = ["labels.parquet", *(EMBEDDINGS[stage] for stage in stages)]
    return lacking + [name for name in needed if not (place / name).is_file()]


def _told(place: Path, file: str) -> str:
    return f"its {file} is {'torn' if (place / file).exists() else 'missing'}"


def _describe_config(
    row: dict[str, Any], config: Mapping[str, Any], provenance: Mapping[str, Any]
) -> list[str]:
    """Fill in what the configuration says."""
    from scinfovae.methods import METHODS

    try:
        version = provenance.get("method_version", 1)
        row["preset"] = config["preset"]["name"]
        row["short"] = bool(config["preset"]["short"])
        row["n_clusters"] = float(config["n_clusters"])
        row["data_variant"] = data_variant_of(config)
        row["setting"] = setting_of_config(
            config, version, provenance.get("preprocessing_version", 1)
        )
        known = row["method"] in METHODS
        row["variant"] = variant_of(config, version) if known else f"setting={row['setting']}"
        found = (config["dataset"]["name"], config["method"]["name"], config["seed"])
    except (KeyError, TypeError, ValueError, AttributeError):
        return ["its config.yaml is not of this project"]
    if found != (row["dataset"], row["method"], row["seed"]):
        return [f"its config.yaml is that of another run, {found[0]} x {found[1]} seed {found[2]}"]
    return []


def _describe_provenance(row: dict[str, Any], provenance: Mapping[str, Any]) -> list[str]:
    """Fill in what the provenance says."""
    try:
        dataset, numerics = provenance.get("dataset") or {}, provenance.get("numerics") or {}
        seconds = provenance.get("seconds") or {}
        peak = provenance.get("peak_memory_bytes") or {}
        git = provenance.get("git") or {}
        for column in ("n_cells", "n_genes"):
            row[column] = _number(dataset.get(column))
        row["content_hash"] = dataset.get("content_hash") or ""
        row["device"] = numerics.get("device") or ""
        row["numerics"] = numerics.get("hash") or ""
        for column in ("stack_width", "threads"):
            row[column] = _number(numerics.get(column))
        row["seconds_load"] = _number(seconds.get("load"))
        row["seconds_preprocess"] = _number(seconds.get("preprocess"))
        row["seconds_fit"] = _own_seconds(seconds)
        row["peak_memory_bytes"] = _number(peak.get("host"))
        row["gpu_peak_memory_bytes"] = _number(peak.get("cuda"))
        row["started"] = provenance.get("started") or ""
        row["version"] = provenance.get("project_version") or ""
        row["git_commit"] = git.get("commit") or ""
    except (AttributeError, TypeError, ValueError):
        return ["its provenance.json is not of this project"]
    if provenance.get("identity", row["identity"]) != row["identity"]:
        return ["its provenance.json names another identity than its folder"]
    return []


def _own_seconds(seconds: Mapping[str, Any]) -> float:
    """Add up the steps of a method itself; what only describes the result is not among them."""
    own = [
        _number(value)
        for step, value in seconds.items()
        if step not in ("load", "preprocess") and not step.startswith("diagnose")
    ]
    return sum(own) if own else float("nan")


def _number(value: Any) -> float:
    return float("nan") if value is None else float(value)


def _read_yaml(path: Path) -> dict[str, Any] | None:
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        value = yaml.load(path.read_text(encoding="utf-8"), Loader=loader)
    except (OSError, ValueError, yaml.YAMLError):
        return None
    return value if isinstance(value, dict) else None
