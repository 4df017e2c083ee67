"""What a sweep prints at its end: done, failed and missing runs, and the first score."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scinfovae.bench.records.files import finite
from scinfovae.bench.records.manifest import variants_told
from scinfovae.bench.running.survey import IMPORTED
from scinfovae.cli.render import mean_sd, table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from scinfovae.bench.executors.sweep import SweepReport
    from scinfovae.bench.records.record import Record
    from scinfovae.bench.running.survey import SurveyedGroup
    from scinfovae.errors import ScInfoVAEError


COUNTED = {"done": "done", IMPORTED: "imported", "failed before": "failed"}


def as_plain(report: SweepReport) -> dict[str, Any]:
    """Write the outcome of a sweep for machines.

    Parameters
    ----------
    report
        What became of it.

    Returns
    -------
    Plain values; numbers that are not finite are None.
    """
    runs = []
    for one in report.after.groups:
        for expected in one.expected():
            record = one.records[expected.seed]
            status = record.status()
            runs.append(
                {
                    "dataset": expected.dataset,
                    "method": expected.method,
                    "variant": expected.variant,
                    "data_variant": expected.data_variant,
                    "identity": expected.identity,
                    "seed": expected.seed,
                    "state": one.states[expected.seed],
                    "status": "missing" if status is None else status.status,
                    "message": "" if status is None else status.message,
                    "record": str(record.folder),
                    "ari": first_ari(one.metrics(expected.seed), expected.clusterers)[1],
                }
            )
    found = {
        "sweep": report.manifest.name,
        "experiment": report.manifest.experiment,
        "counts": report.after.counts,
        "jobs": report.report.jobs,
        "in_queue_before": report.report.n_queued,
        "runs": runs,
        "errors": [str(error) for error in _errors(report)],
    }
    return dict(finite(found))


def show_sweep(report: SweepReport) -> None:
    """Print what became of a sweep.

    Parameters
    ----------
    report
        What became of it.
    """
    where = f"results.dir={report.root}" if str(report.root) != "results" else ""
    if report.is_queued:
        jobs = report.report.jobs
        shown = ", ".join(jobs[:3]) + (f" ... {jobs[-1]}" if len(jobs) > 3 else "")
        print(f"submitted {len(jobs)} jobs{f': {shown}' if jobs else ''}")
        if report.report.n_queued:
            print(f"in the queue since an earlier command: {report.report.n_queued} runs")
        print(f"progress: scinfovae-bench status {report.manifest.name} {where}".rstrip())
        return
    rows, header = _rows(report)
    if rows:
        table("", header, rows)
    missing = report.after.n_runs - report.after.n_there
    if missing:
        failed = report.after.counts.get("failed before", 0)
        told = f"{missing} of {report.after.n_runs} runs are not done"
        if failed:
            told += f", {failed} of them failed; repeat the command with --retry-failed for those"
        print(f"{told}.")
    print(f"tables: scinfovae-bench tables {where}".rstrip())


def _rows(report: SweepReport) -> tuple[list[tuple[str, ...]], tuple[str, ...]]:
    """Make the lines of the table; the column of variants only where there are some."""
    facts = [(one, next(one.expected())) for one in report.after.groups]
    variants = variants_told([run for _, run in facts])
    counted = [state for state in COUNTED if state != IMPORTED or report.after.counts.get(IMPORTED)]
    clusterers = dict.fromkeys(run.clusterers[0] for _, run in facts)
    ari = f"ARI {next(iter(clusterers))}" if len(clusterers) == 1 else "ARI"
    header = ("dataset", "method", *(["variant"] if any(variants) else []))
    rows = []
    for (one, run), variant in zip(facts, variants, strict=True):
        name = (run.dataset, run.method, *([variant] if any(variants) else []))
        rows.append((*name, *_numbers(one, run.clusterers, counted)))
    return rows, (*header, *(COUNTED[state] for state in counted), "missing", ari)


def _numbers(
    one: SurveyedGroup, clusterers: tuple[str, ...], columns: Sequence[str]
) -> tuple[str, ...]:
    states = list(one.states.values())
    counted = [states.count(state) for state in columns]
    found = [first_ari(one.metrics(seed), clusterers) for seed in one.records]
    known = [(key, value) for key, value in found if value is not None]
    told = mean_sd([value for _, value in known])
    if all(_not_applicable(record) for record in one.records.values()):
        told = "not applicable"
    if known and known[0][0] != clusterers[0]:
        told += f" ({known[0][0]})"
    return (*(str(count) for count in counted), str(len(states) - sum(counted)), told)


def _not_applicable(record: Record) -> bool:
    status = record.status()
    return status is not None and status.status == "not_applicable"


def first_ari(metrics: Mapping[str, Any], clusterers: tuple[str, ...]) -> tuple[str, float | None]:
    """Find the ARI of the final embedding by the first clusterer and the first labelling.

    Parameters
    ----------
    metrics
        The contents of ``metrics.json``.
    clusterers
        Keys of what was asked for; of a method that gives labels alone, ``own`` counts.

    Returns
    -------
    The clusterer and its score, None if there is none.
    """
    entries = {e["key"]: e for e in metrics.get("clusterings", []) if e["stage"] == "final"}
    labelled = metrics.get("label_keys") or [""]
    for key in (clusterers[0], "own"):
        if key in entries:
            scores = entries[key].get("external", {}).get(labelled[0], {})
            return key, scores.get("ari")
    return clusterers[0], None


def _errors(report: SweepReport) -> list[ScInfoVAEError]:
    return [error for _, error in report.before.errors] + report.report.errors
