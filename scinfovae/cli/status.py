"""``scinfovae-bench status``: how far sweeps are, from the store and the queue."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scinfovae.cli.words import add_words, complete_word

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from scinfovae.bench.executors.standing import RunStanding, Standing
    from scinfovae.bench.records.manifest import Manifest

SUMMARY = "Show how far sweeps are: what is done, failed, running, queued or missing."
EXAMPLES = """\
examples:
  scinfovae-bench status                       every sweep of results/
  scinfovae-bench status 1f0c2a7b94de          one sweep, by its name or the first digits of it
  scinfovae-bench status at_hand_quick         the sweeps of an experiment
  scinfovae-bench status dataset=at_hand method=scinfovae 'seed=range(5)'     any runs
  scinfovae-bench status results.dir=DIR --json

It reads the store, and asks Slurm for the jobs that were submitted. It waits for nothing.
"""
PLACE = "results.dir"
MOST_REASONS = 10


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe the verb.

    Parameters
    ----------
    parser
        Its parser.
    """
    add_words(parser, "SWEEP|KEY=VALUE", "a sweep, or the words of one", complete_word)
    parser.add_argument("--json", action="store_true", help="print for machines")


def execute(args: argparse.Namespace) -> int:
    """Do the verb.

    Parameters
    ----------
    args
        What was asked for.

    Returns
    -------
    The exit code.
    """
    from scinfovae.bench.executors.standing import standing_of
    from scinfovae.bench.executors.tasks import logs_folder

    root, manifests = _asked_for(args.words)
    standings = [standing_of(root, manifest) for manifest in manifests]
    folders = [logs_folder(root, manifest.name) for manifest in manifests]
    logs = [str(folder) if folder.is_dir() else "" for folder in folders]
    if args.json:
        both = zip(standings, logs, strict=True)
        print(json.dumps([_as_plain(one, folder) for one, folder in both], indent=1))
        return 0
    if not standings:
        print(f"there is no sweep in '{root}' yet; 'scinfovae-bench sweep -h' shows how to begin")
    for place, (one, folder) in enumerate(zip(standings, logs, strict=True)):
        if place:
            print()
        _show(one, folder)
    return 0


def _asked_for(words: Sequence[str]) -> tuple[Path, list[Manifest]]:
    """Find the sweeps that are asked for; of words the runs they stand for, written or not."""
    from scinfovae.bench.planning.words import expand
    from scinfovae.bench.records.manifest import choose_manifests, read_manifests

    names = [word for word in words if "=" not in word]
    given = [word for word in words if "=" in word]
    (place,) = expand([word for word in given if word.startswith(f"{PLACE}=")], {}, {})
    root = Path(place.get(PLACE) or "results").expanduser()
    if any(not word.startswith(f"{PLACE}=") for word in given):
        from scinfovae.errors import UsageError

        if names:
            raise UsageError(
                f"give either the name of a sweep ('{names[0]}') or words of runs, not both."
            )
        return _manifest_of(given)
    manifests = read_manifests(root)
    if not names:
        return root, manifests
    chosen = [one for name in names for one in choose_manifests(manifests, name)]
    return root, list({one.name: one for one in chosen}.values())


def _manifest_of(words: Sequence[str]) -> tuple[Path, list[Manifest]]:
    from scinfovae.bench.executors.base import settings_of
    from scinfovae.bench.planning.experiments import experiment_of
    from scinfovae.bench.planning.plan import make_plan
    from scinfovae.bench.running.listener import RunLog
    from scinfovae.bench.running.loading import DataCache
    from scinfovae.bench.running.survey import survey
    from scinfovae.cli.progress import Watcher

    groups, watcher = make_plan(words), Watcher()
    found = survey(groups, DataCache(), RunLog(watcher))
    for _, error in found.errors:
        watcher.message(f"error: {error}")
    root = settings_of(groups).results.dir
    return root, [found.manifest("", experiment_of(words))]


def _show(standing: Standing, logs: str) -> None:
    """Print one sweep."""
    from scinfovae.bench.executors.standing import PROGRESS
    from scinfovae.bench.records.manifest import variants_told
    from scinfovae.cli.render import counted, table

    manifest, counts = standing.manifest, standing.counts
    title = f"sweep {manifest.name}"
    title += f", experiment {manifest.experiment}" if manifest.experiment else ""
    told = ", ".join(f"{count} {progress}" for progress, count in counts.items() if count)
    print(f"{title}: {counted(len(standing.runs), 'run')} expected, {told or 'none'}")
    if manifest.command:
        print(f"  {manifest.created}  {manifest.command}")
    shown = [one for one in PROGRESS if one != "imported" or counts[one]]
    groups: dict[tuple[str, str, str], list[RunStanding]] = {}
    variants = variants_told([one.run for one in standing.runs])
    for one, variant in zip(standing.runs, variants, strict=True):
        groups.setdefault((one.run.dataset, one.run.method, variant), []).append(one)
    rows = []
    for (dataset, method, variant), some in groups.items():
        found = [one.progress for one in some]
        numbers = (len(some), *(found.count(progress) for progress in shown))
        rows.append((dataset, method, variant, *(str(number) for number in numbers)))
    header = ("dataset", "method", "variant", "expected", *shown)
    if not any(row[2] for row in rows):
        rows, header = [(*row[:2], *row[3:]) for row in rows], (*header[:2], *header[3:])
    table("", header, rows)
    _show_reasons(standing)
    if logs:
        print(f"logs: {logs}")


def _show_reasons(standing: Standing) -> None:
    """Say why runs failed and what those in the queue wait for."""
    told = [one for one in standing.runs if one.told]
    for one in told[:MOST_REASONS]:
        run = one.run
        print(f"{run.dataset} × {run.method}, seed {run.seed}: {one.told}")
    if len(told) > MOST_REASONS:
        print(f"... and {len(told) - MOST_REASONS} more; --json lists all")


def _as_plain(standing: Standing, logs: str) -> dict[str, Any]:
    manifest = standing.manifest
    runs = [
        {
            "dataset": one.run.dataset,
            "method": one.run.method,
            "variant": one.run.variant,
            "data_variant": one.run.data_variant,
            "identity": one.run.identity,
            "seed": one.run.seed,
            "progress": one.progress,
            "told": one.told,
        }
        for one in standing.runs
    ]
    return {
        "sweep": manifest.name,
        "experiment": manifest.experiment,
        "command": manifest.command,
        "created": manifest.created,
        "counts": standing.counts,
        "logs": logs,
        "runs": runs,
    }
