"""What a sweep asks for, written before its first run, so that missing runs are known."""

from __future__ import annotations

import dataclasses
import datetime
import warnings
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from scinfovae.bench.planning.identity import short_hash
from scinfovae.bench.planning.typed import build, plain
from scinfovae.bench.records.files import read_json, write_json
from scinfovae.errors import ScInfoVAEWarning, UsageError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

MANIFEST_SCHEMA = 1
FOLDER = "sweeps"


@dataclass(frozen=True)
class ExpectedRun:
    """One run that a sweep asks for.

    Attributes
    ----------
    dataset, method, identity, seed
        Its name.
    preset, short
        The preset it starts from; short ones are marked.
    clusterers
        Keys of the clusterers that are asked for.
    setting, variant, data_variant
        The name of its setting over all datasets, and in words how it differs from the defaults and
        its data from the registered dataset; empty where they are not known.
    """

    dataset: str
    method: str
    identity: str
    seed: int
    preset: str
    short: bool = False
    clusterers: tuple[str, ...] = ()
    setting: str = ""
    variant: str = ""
    data_variant: str = ""


@dataclass(frozen=True)
class Manifest:
    """All runs that one sweep asks for.

    Attributes
    ----------
    runs
        The runs, in the order of the plan.
    command
        The command line that asked first.
    created
        When (ISO, UTC).
    experiment
        The name of the experiment, or an empty text.
    name
        12 hexadecimal digits: the hash of the runs.
    """

    runs: tuple[ExpectedRun, ...]
    command: str = ""
    created: str = ""
    experiment: str = ""
    name: str = ""
    schema: int = MANIFEST_SCHEMA

    def __post_init__(self) -> None:
        """Name it by what it asks for."""
        if not self.name:
            object.__setattr__(self, "name", manifest_name(self.runs))


def manifest_name(runs: Iterable[ExpectedRun]) -> str:
    """Name a list of runs, whatever their order.

    Parameters
    ----------
    runs
        The runs.

    Returns
    -------
    12 hexadecimal digits. The setting and the variants follow from the rest and do not enter.
    """
    keys = sorted(
        [r.dataset, r.method, r.identity, r.seed, r.preset, sorted(r.clusterers)] for r in runs
    )
    return short_hash(keys, 12)


def variants_told(runs: Sequence[ExpectedRun]) -> list[str]:
    """Say how runs differ, those of one dataset with several variants of the data by these, too.

    Parameters
    ----------
    runs
        The runs of one table.

    Returns
    -------
    Words for each, empty where there is nothing to tell.
    """
    kinds = Counter(name for name, _ in {(run.dataset, run.data_variant) for run in runs})
    return [
        ", ".join(filter(None, (run.data_variant * (kinds[run.dataset] > 1), run.variant)))
        for run in runs
    ]


def write_manifest(root: Path, manifest: Manifest) -> Path:
    """Write a manifest whole or not at all; one that stands there keeps its date and command.

    Parameters
    ----------
    root
        The results folder.
    manifest
        What is asked for.

    Returns
    -------
    Where it stands: ``sweeps/<name>.json``.
    """
    path = root / FOLDER / f"{manifest.name}.json"
    earlier = _read(path) if path.is_file() else None
    if earlier is not None:
        manifest = dataclasses.replace(
            manifest,
            command=earlier.command,
            created=earlier.created,
            experiment=manifest.experiment or earlier.experiment,
        )
        if manifest == earlier:
            return path
    if not manifest.created:
        now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        manifest = dataclasses.replace(manifest, created=now)
    write_json(path, plain(manifest))
    return path


def read_manifests(root: Path) -> list[Manifest]:
    """Read all manifests of a results folder.

    Parameters
    ----------
    root
        The results folder; it need not exist.

    Returns
    -------
    The manifests, oldest first. A file that is none is told as a warning and left out.
    """
    found = []
    # a writer that was killed can leave a whole manifest under its temporary name
    for path in sorted((root / FOLDER).glob("[!.]*.json")):
        manifest = _read(path)
        if manifest is None:
            warnings.warn(
                f"'{path}' is no manifest of a sweep and is left out; remove it.",
                ScInfoVAEWarning,
                stacklevel=2,
            )
        else:
            found.append(manifest)
    return sorted(found, key=lambda manifest: (manifest.created, manifest.name))


def choose_manifests(manifests: Sequence[Manifest], wanted: str) -> list[Manifest]:
    """Choose manifests by the name of a sweep or of its experiment.

    Parameters
    ----------
    manifests
        All there are.
    wanted
        A name, the first digits of one (at least 4), or the name of an experiment.

    Returns
    -------
    Those it fits, at least one.

    Raises
    ------
    UsageError
        If it fits none.
    """
    found = [
        m
        for m in manifests
        if wanted in (m.name, m.experiment) or (len(wanted) >= 4 and m.name.startswith(wanted))
    ]
    if not found:
        names = [m.name for m in manifests]
        known = list(dict.fromkeys([*names, *(m.experiment for m in manifests if m.experiment)]))
        told = f"Known are {', '.join(known)}." if known else "There is no sweep yet."
        raise UsageError(f"there is no sweep '{wanted}'.{did_you_mean(wanted, known)} {told}")
    return found


def _read(path: Path) -> Manifest | None:
    """Read one manifest; None if the file holds anything else."""
    value: dict[str, Any] | None = read_json(path)
    if value is None or value.get("schema") != MANIFEST_SCHEMA:
        return None
    try:
        manifest = build(Manifest, value, "")
    except UsageError:
        return None
    return manifest if manifest.name == manifest_name(manifest.runs) else None
