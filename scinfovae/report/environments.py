"""Where runs were done: what may change digits, told once for all runs that share it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Environment:
    """One set of numerics.

    Attributes
    ----------
    hash
        Its name in provenance.
    n_runs
        How many runs it made.
    machine
        Device and number formats in words.
    packages
        Names with versions.
    """

    hash: str
    n_runs: int
    machine: str
    packages: tuple[str, ...]


def environments_of(runs: pd.DataFrame) -> list[Environment]:
    """List the environments of runs.

    Parameters
    ----------
    runs
        Rows of the frame of runs.

    Returns
    -------
    One a hash, that with the most runs first.
    """
    known = runs[runs["numerics"] != ""]
    found = []
    for name, group in known.groupby("numerics", sort=True):
        provenance: dict[str, Any] = json.loads(group["provenance"].iloc[0])
        numerics = provenance.get("numerics") or {}
        told = [f"{numerics.get('device') or group['device'].iloc[0]}"]
        told += [str(numerics[key]) for key in ("cpu_capability", "dtype") if numerics.get(key)]
        told += ["TF32"] * bool(numerics.get("tf32"))
        for key, one, many in (
            ("threads", "thread", "threads"),
            ("stack_width", "seed at a time", "seeds at a time"),
        ):
            if numerics.get(key):
                told.append(f"{numerics[key]} {one if numerics[key] == 1 else many}")
        python = provenance.get("python")
        packages = [f"Python {python}"] if python else []
        packages += [
            f"{key} {version}" for key, version in (numerics.get("packages") or {}).items()
        ]
        found.append(Environment(str(name), len(group), ", ".join(told), tuple(packages)))
    return sorted(found, key=lambda one: (-one.n_runs, one.hash))
