"""What `run` prints at its end: scores by stage and clusterer, diagnostics, seconds, places."""

from __future__ import annotations

import shutil
import sys
from itertools import groupby
from typing import TYPE_CHECKING, Any

from scinfovae.bench.records.files import finite
from scinfovae.cli.progress import describe_dataset
from scinfovae.cli.render import duration, mean_sd, number, size, table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from scinfovae.bench.running.listener import Outcome
    from scinfovae.bench.running.run import RunReport

    Row = tuple[str, ...]

EXTERNAL = {"ARI": "ari", "NMI": "nmi", "accuracy": "accuracy"}
INTERNAL = {"silhouette": "silhouette", "CH": "calinski_harabasz"}
COMMON = {"silh. PCA-50": "silhouette_common", "CH PCA-50": "calinski_harabasz_common"}
STAGES = ("pretrained", "final")


def as_plain(report: RunReport) -> dict[str, Any]:
    """Write a report for machines.

    Parameters
    ----------
    report
        What became of the runs.

    Returns
    -------
    Plain values; numbers that are not finite are None.
    """
    runs = [
        {
            "dataset": outcome.dataset,
            "method": outcome.method,
            "identity": outcome.identity,
            "seed": outcome.seed,
            "status": outcome.status.status,
            "stage": outcome.status.stage,
            "message": outcome.status.message,
            "collapsed": outcome.status.collapsed,
            "action": outcome.action,
            "short": outcome.short,
            "record": str(outcome.folder),
            "plot": None if outcome.plot is None else str(outcome.plot),
            "metrics": outcome.metrics,
        }
        for outcome in report.outcomes
    ]
    plain = finite({"runs": runs, "errors": [str(error) for error in report.errors]})
    return dict(plain)


def show_results(report: RunReport) -> None:
    """Print what came out of every run.

    Parameters
    ----------
    report
        What became of the runs.
    """
    for _, members in groupby(report.outcomes, lambda o: (o.dataset, o.method, o.identity)):
        outcomes = list(members)
        first = outcomes[0]
        print()
        if first.facts:
            print(describe_dataset(first.facts))
        for outcome in outcomes:
            _show_run(outcome)
        scored = [outcome for outcome in outcomes if outcome.metrics.get("clusterings")]
        if len(scored) > 1:
            _show_summary(scored)
    failed = sum(outcome.action == "failed" for outcome in report.outcomes)
    if failed:
        print(f"{failed} of {len(report.outcomes)} runs failed; repeat the command to retry them.")


def _show_run(outcome: Outcome) -> None:
    """Print one run."""
    marks = [f"{outcome.dataset} × {outcome.method}", f"seed {outcome.seed}"]
    marks += ["already finished"] if outcome.action == "finished" else []
    marks += ["short preset, not for comparison"] if outcome.short else []
    if outcome.status.collapsed:
        marks.append("COLLAPSED (at most one active unit, or the decoder ignores z)")
    print(f"\n{', '.join(marks)}")
    if outcome.status.status != "ok":
        where = f" at {outcome.status.stage}" if outcome.status.stage else ""
        print(f"  {outcome.status.status}{where}: {outcome.status.message}")
    metrics = outcome.metrics
    if metrics.get("clusterings"):
        _score_table([outcome], lambda values: number(values[0]))
        _show_diagnostics(metrics.get("diagnostics", {}))
        _show_seconds(metrics)
    print(f"record: {outcome.folder}")
    if outcome.plot is not None:
        print(f"plot:   {outcome.plot}")


def _show_summary(outcomes: Sequence[Outcome]) -> None:
    seeds = ", ".join(str(outcome.seed) for outcome in outcomes)
    print(f"\n{outcomes[0].dataset} × {outcomes[0].method}, mean ± sd over seeds {seeds}")
    _score_table(outcomes, mean_sd)


def _score_table(outcomes: Sequence[Outcome], told: Any) -> None:
    """Print scores by stage and clusterer; the common space where the terminal has room."""
    first = outcomes[0].metrics
    keys = list(first["label_keys"])
    labellings = keys if len(keys) < 2 else [*keys, "max"]
    metrics: dict[str, str] = {**(EXTERNAL if keys else {}), **INTERNAL}
    if not sys.stdout.isatty() or shutil.get_terminal_size().columns >= 110:
        metrics |= COMMON
    rows: list[Row] = []
    for entry in _asked_for(outcomes[0]):
        for labelling in labellings or [""]:
            head = (entry["stage"], entry["key"], *([labelling] if len(labellings) > 1 else []))
            found = [_values(_same(outcome, entry), labelling) for outcome in outcomes]
            rows.append((*head, *(told([f.get(m) for f in found]) for m in metrics.values())))
    heads = ("stage", "clusterer", *(["labels"] if len(labellings) > 1 else []))
    table("", (*heads, *metrics), rows)


def _asked_for(outcome: Outcome) -> list[Mapping[str, Any]]:
    """Sort the entries that were asked for by stage and clusterer."""
    order = (*outcome.clusterers, "own")
    entries = [e for e in outcome.metrics["clusterings"] if e["key"] in order]
    return sorted(entries, key=lambda e: (STAGES.index(e["stage"]), order.index(e["key"])))


def _same(outcome: Outcome, entry: Mapping[str, Any]) -> Mapping[str, Any]:
    name = (entry["stage"], entry["key"])
    entries = outcome.metrics["clusterings"]
    return next((e for e in entries if (e["stage"], e["key"]) == name), {})


def _values(entry: Mapping[str, Any], labelling: str) -> dict[str, Any]:
    external = entry.get("external", {}).get(labelling, {})
    return {**external, **entry.get("internal", {})}


def _show_diagnostics(diagnostics: Mapping[str, Mapping[str, Any]]) -> None:
    for stage in STAGES:
        if facts := diagnostics.get(stage):
            shown = {name: _fact(value) for name, value in facts.items()}
            ceiling = shown.pop("mutual_information_ceiling", None)
            if ceiling is not None and "mutual_information" in shown:
                shown["mutual_information"] += f" (at most {ceiling})"
            told = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in shown.items())
            print(f"{stage}: {told}")


def _fact(value: Any) -> str:
    if value is None:
        return "undefined"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _show_seconds(metrics: Mapping[str, Any]) -> None:
    spent = {key.replace("_", "-"): value for key, value in metrics["seconds"].items()}
    for entry in metrics["clusterings"]:
        name = f"cluster {entry['key']}"
        spent[name] = spent.get(name, 0.0) + entry["seconds"]
    told = ", ".join(f"{name} {duration(value)}" for name, value in spent.items())
    peak = metrics["peak_memory_bytes"]
    memory = ", ".join(f"{size(value)} ({where})" for where, value in peak.items())
    print(f"time: {told}; peak memory {memory}")
