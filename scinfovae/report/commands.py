"""The commands that do recorded runs again, and that make missing ones."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from scinfovae.bench.records.scrub import scrub_command
from scinfovae.errors import ScInfoVAEError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from scinfovae.bench.records.manifest import Manifest


@dataclass(frozen=True)
class Commands:
    """What to type.

    Attributes
    ----------
    repeat
        Does the recorded runs again.
    retry
        Does those again that failed.
    make
        Makes the missing ones.
    recorded
        The commands that made the records, where they cannot be composed any more.
    """

    repeat: tuple[str, ...] = ()
    retry: tuple[str, ...] = ()
    make: tuple[str, ...] = ()
    recorded: tuple[str, ...] = ()


def commands_of(runs: Sequence[Mapping[str, Any]], manifests: Sequence[Manifest]) -> Commands:
    """Write the commands for the seeds of one method with one setting on the same data.

    Parameters
    ----------
    runs
        Rows of the frame of runs, those without a record included.
    manifests
        What sweeps asked for; empty where only the export is at hand.

    Returns
    -------
    The commands. Absolute paths in them are ``DIR/NAME``; where results and data lie is not said.
    """
    words: dict[str, tuple[str, ...]] = {}
    seeds: dict[tuple[str, ...], list[int]] = {}
    failed: dict[tuple[str, ...], list[int]] = {}
    recorded: list[str] = []
    for run in runs:
        config = json.loads(run["config"])
        if not config:
            continue
        # composing takes milliseconds; seeds differ in nothing else
        key = json.dumps({**config, "seed": None}, sort_keys=True)
        if key not in words:
            words[key] = _words(config)
        if not words[key]:
            recorded.append(scrub_command(json.loads(run["provenance"]).get("command") or ""))
            continue
        seeds.setdefault(words[key], []).append(run["seed"])
        if run["status"] not in ("ok", "not_applicable"):
            failed.setdefault(words[key], []).append(run["seed"])
    missing = [run for run in runs if run["status"] == "missing"]
    return Commands(
        repeat=tuple(_line(known, members, "--force") for known, members in seeds.items()),
        retry=tuple(_line(known, members, "--force") for known, members in failed.items()),
        make=tuple(_for_missing(missing, next(iter(seeds), ()), manifests)) if missing else (),
        recorded=tuple(dict.fromkeys(filter(None, recorded))),
    )


def sweep_command(manifest: Manifest, *, retry: bool = False) -> str:
    """Write the command that goes on with a sweep.

    Parameters
    ----------
    manifest
        What it asked for.
    retry
        Whether runs that failed are to be done again.

    Returns
    -------
    That of its experiment, else the one that asked first; empty if neither is known.
    """
    if manifest.experiment.endswith((".yaml", ".yml")) or not manifest.experiment:
        line = scrub_command(manifest.command)
    else:
        line = shlex.join(["scinfovae-bench", "sweep", f"experiment={manifest.experiment}"])
    return f"{line} --retry-failed" if line and retry and "--retry-failed" not in line else line


def _words(config: Mapping[str, Any]) -> tuple[str, ...]:
    """Compose a configuration anew, without its seed; nothing if that is not possible here."""
    from scinfovae.bench.planning.repeat import words_of

    try:
        return tuple(words_of(config)[:-1])
    # a record of another version may lack or hold anything
    except (ScInfoVAEError, KeyError, TypeError, ValueError, AttributeError):
        return ()


def _line(words: Sequence[str], seeds: Sequence[int], *flags: str) -> str:
    chosen = ",".join(str(seed) for seed in sorted(set(seeds)))
    return scrub_command(shlex.join(["scinfovae-bench", "run", *words, f"seed={chosen}", *flags]))


def _for_missing(
    missing: Sequence[Mapping[str, Any]], known: Sequence[str], manifests: Sequence[Manifest]
) -> list[str]:
    """Find a command for runs without a record: as their siblings, else as their sweep."""
    seeds = [run["seed"] for run in missing]
    if known:
        return [_line(known, seeds)]
    names = {name for run in missing for name in run["sweep"].split(",")}
    asked = [one for m in manifests if m.name in names and (one := sweep_command(m))]
    first = missing[0]
    is_plain = first["setting"] and not first["variant"] and not first["data_variant"]
    if asked or not is_plain or not first["preset"]:
        return list(dict.fromkeys(asked))
    words = [f"{key}={first[key]}" for key in ("dataset", "method", "preset")]
    return [_line(words, seeds)]
