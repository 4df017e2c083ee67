"""Find the records of a results folder, and what lies among them that is none."""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from scinfovae.bench.records.atomic import TEMPORARY
from scinfovae.bench.records.folders import ASIDE, present

if TYPE_CHECKING:
    from collections.abc import Iterator

_SEED = re.compile(r"seed=(0|[1-9][0-9]*)")
_READ = ("status.json", "config.yaml", "provenance.json", "metrics.json")


@dataclass(frozen=True)
class Found:
    """One folder that should hold a record.

    Attributes
    ----------
    dataset, method, identity, seed
        What its place says.
    folder
        That place; a record that is being replaced may lie aside, see `present`.
    """

    dataset: str
    method: str
    identity: str
    seed: int
    folder: Path

    def fingerprint(self) -> str:
        """Tell one state of the record from any other without reading its files.

        Returns
        -------
        Names of the files, with size, time and number of those that a row is made of; empty if
        the record is not there.
        """
        told = []
        try:
            with os.scandir(present(self.folder)) as entries:
                for entry in entries:
                    name = entry.name
                    if name in _READ:
                        facts = entry.stat()
                        name += f":{facts.st_size}:{facts.st_mtime_ns}:{facts.st_ino}"
                    if not name.startswith(TEMPORARY):
                        told.append(name)
        except OSError:
            return ""
        return "|".join(sorted(told))


@dataclass
class Scan:
    """What lies under ``runs/``.

    Attributes
    ----------
    found
        The folders of records, sorted.
    foreign
        Paths that do not belong there, each with a reason.
    leftovers
        What writers leave that are at work or were killed: temporary names, folders put aside.
    """

    found: list[Found] = field(default_factory=list)
    foreign: list[tuple[Path, str]] = field(default_factory=list)
    leftovers: list[Path] = field(default_factory=list)


def scan(root: Path) -> Scan:
    """Look through a results folder.

    Parameters
    ----------
    root
        The folder; it need not exist.

    Returns
    -------
    What was found.
    """
    seen = Scan()
    for dataset in _folders(root / "runs", "a dataset", seen):
        for method in _folders(dataset, "a method", seen):
            for identity in _folders(method, "an identity", seen):
                names = (dataset.name, method.name, identity.name)
                seeds = _seeds(identity, seen)
                seen.found += [Found(*names, seed, folder) for seed, folder in sorted(seeds)]
    return seen


def _folders(parent: Path, what: str, seen: Scan) -> Iterator[Path]:
    """List the folders in one; anything else is foreign."""
    for path in _listed(parent, seen):
        if path.name.startswith((TEMPORARY, ASIDE)):
            seen.leftovers.append(path)
        elif not path.is_dir():
            seen.foreign.append((path, f"it is no folder of {what}"))
        else:
            yield path


def _seeds(identity: Path, seen: Scan) -> set[tuple[int, Path]]:
    """List the records of one identity, those included that are being replaced."""
    seeds = set()
    for path in _listed(identity, seen):
        name = path.name.removeprefix(ASIDE)
        matched = _SEED.fullmatch(name)
        stays = _is_or_was_folder(path)
        if path.name.startswith((TEMPORARY, ASIDE)):
            seen.leftovers.append(path)
        elif not matched or not stays:
            seen.foreign.append((path, "it is no folder seed=<k> of a run"))
        if matched and stays:
            seeds.add((int(matched[1]), path.with_name(name)))
    return seeds


def _is_or_was_folder(path: Path) -> bool:
    """Tell folders, and what went since it was listed because it is being replaced.

    One look decides: between two, a new record may have taken the place of the one that went.
    """
    try:
        return stat.S_ISDIR(path.stat().st_mode)
    except FileNotFoundError:
        return not path.is_symlink()
    except OSError:
        return False


def _listed(parent: Path, seen: Scan) -> list[Path]:
    try:
        return sorted(Path(entry.path) for entry in os.scandir(parent))
    except FileNotFoundError:
        return []
    except OSError as error:
        seen.foreign.append((parent, f"it cannot be read: {error.strerror or error}"))
        return []
