"""Names of methods in tables: equal names mean equal choices."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from scinfovae.tables.data_names import LONGEST, natural

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd


def name_entries(runs: pd.DataFrame) -> pd.DataFrame:
    """Name every method with its setting: equal names mean equal choices.

    Parameters
    ----------
    runs
        What `name_data` gives.

    Returns
    -------
    One row per method and setting, in the order of tables: ``method``, ``setting``, ``title``,
    ``variant``, ``preset``, ``short`` (whether any of its runs is marked as such), ``control``,
    ``label`` (its name in tables) and ``legend`` (what the label abbreviates, else empty).
    """
    import pandas as pd

    rows: list[dict[str, Any]] = []
    for (method, setting), group in runs.groupby(["method", "setting"], sort=False):
        told = group[group["preset"] != ""]
        rows.append(
            {
                "method": method,
                "setting": setting,
                "title": group["title"].iloc[0],
                "variant": max(group["variant"], key=len),
                "preset": ",".join(sorted(set(told["preset"]))),
                "short": bool(group["short"].any()),
                "control": _is_control(str(method)),
            }
        )
    for row in rows:
        row["label"], row["legend"] = _label(row)
    labels = [row["label"] for row in rows]
    for row in rows:
        if labels.count(row["label"]) > 1:
            row["legend"] = row["legend"] or row["variant"] or f"setting {row['setting']}"
            row["label"] = f"{row['label']} #{row['setting'][:6] or 'unknown'}"
    order = _method_order()
    rows.sort(
        key=lambda r: (
            r["control"],
            r["short"],
            order.get(r["method"], len(order)),
            r["variant"] != "",
            natural(r["label"]),
        )
    )
    columns = ("method", "setting", "title", "variant", "preset", "short", "control")
    return pd.DataFrame(rows, columns=[*columns, "label", "legend"])


def _label(row: Mapping[str, Any]) -> tuple[str, str]:
    """Name one entry, and say what the name leaves out."""
    preset, variant = row["preset"], row["variant"]
    tokens = [token for token in variant.split(", ") if token]
    rest = [token for token in tokens if not _is_set_by(preset, token)]
    told = ", ".join([preset] * (len(rest) < len(tokens)) + rest)
    if len(told) > LONGEST:
        told = ", ".join([preset] * (len(rest) < len(tokens)) + [f"#{row['setting'][:6]}"])
    label = f"{row['title']} ({told})" if told else row["title"]
    return label, "" if told == variant else variant


def _is_set_by(preset: str, token: str) -> bool:
    """Tell whether a word of a variant, as ``fine_tune.epochs=20``, only repeats a preset."""
    import yaml

    key, _, value = token.partition("=")
    overrides = preset_overrides(preset)
    try:
        return key in overrides and yaml.safe_load(value) == overrides[key]
    except yaml.YAMLError:
        return False


@functools.cache
def preset_overrides(preset: str) -> Mapping[str, Any]:
    """List what a preset sets.

    Parameters
    ----------
    preset
        Its name.

    Returns
    -------
    Values by the keys of a variant, e.g. ``fine_tune.epochs``; empty for an unknown preset.
    """
    import yaml

    from scinfovae.bench.planning.config import flatten
    from scinfovae.resources import resource_path

    path = resource_path("configs") / "preset" / f"{preset}.yaml"
    if not preset.isidentifier() or not path.is_file():
        return {}
    overrides = yaml.safe_load(path.read_text(encoding="utf-8")).get("overrides") or {}
    leaves = flatten("preprocessing", overrides.get("preprocessing") or {})
    for values in (overrides.get("method") or {}).values():
        leaves |= flatten("", values or {})
    return leaves


def _is_control(method: str) -> bool:
    from scinfovae.methods import METHODS

    return getattr(METHODS.get(method), "kind", "") == "control"


def _method_order() -> dict[str, int]:
    from scinfovae.methods import METHODS

    return {name: place for place, name in enumerate(METHODS)}
