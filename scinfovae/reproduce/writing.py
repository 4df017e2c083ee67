"""The table of claims as files: CSV for machines, Markdown for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scinfovae.bench.records.files import write_text
from scinfovae.reproduce.report import notes_of, seeds_text
from scinfovae.tables.formatting import interval, signed
from scinfovae.tables.markdown import code, escape

if TYPE_CHECKING:
    from pathlib import Path

    from scinfovae.reproduce.checking import ClaimResult
    from scinfovae.reproduce.report import Report

NAME = "claims"


def write_claims(folder: Path, report: Report, command: str) -> list[Path]:
    """Write the claims with their verdicts.

    Parameters
    ----------
    folder
        Where; made if it is not there.
    report
        What was found out.
    command
        The command that made it.

    Returns
    -------
    The files.

    Raises
    ------
    ScInfoVAEError
        If the disk refuses.
    """
    texts = {f"{NAME}.csv": _csv(report, command), f"{NAME}.md": _markdown(report, command)}
    for name, text in texts.items():
        write_text(folder / name, text)
    return [folder / name for name in texts]


def _csv(report: Report, command: str) -> str:
    """Write one row per comparison, numbers unrounded; and one per check of the harness."""
    import pandas as pd

    rows = [
        {
            "claim": result.claim.name,
            "claim_verdict": result.verdict,
            "comparison": one.label,
            "unit": one.unit,
            "difference": one.mean,
            "low": one.low,
            "high": one.high,
            "margin": one.margin,
            "rule": one.rule,
            "n_datasets": len(one.datasets),
            "datasets": " ".join(one.datasets),
            "fewest_seeds": one.seeds[0],
            "most_seeds": one.seeds[1],
            "verdict": one.verdict,
            "notes": "; ".join(filter(None, [one.reason, *one.notes])),
            "todo": "; ".join(result.todo),
        }
        for result in report.claims
        for one in result.comparisons
    ]
    rows += [
        {"claim": f"harness: {check.name}", "claim_verdict": check.state, "notes": check.message}
        for check in report.harness
    ]
    frame = pd.DataFrame(rows).assign(records=report.source, command=command)
    counts = ["n_datasets", "fewest_seeds", "most_seeds"]
    frame[counts] = frame[counts].astype("Int64")
    text: str = frame.to_csv(index=False, lineterminator="\n")
    return text


def _markdown(report: Report, command: str) -> str:
    from scinfovae._version import __version__

    lines = [
        "# The paper's claims",
        "",
        f"Made by {code(command)} (scinfovae {__version__}) from {escape(report.source)}.",
        "",
        "| claim | verdict | the paper |",
        "|:---|:---|:---|",
    ]
    for result in report.claims:
        claim = result.claim
        cells = (claim.name, result.verdict, f"{claim.words} ({claim.where})")
        lines.append(f"| {' | '.join(escape(cell) for cell in cells)} |")
    lines += ["", "## Checks of the harness", "", "| check | state | |", "|:---|:---|:---|"]
    for check in report.harness:
        found = (check.name, check.state, f"{check.asks}: {check.message}")
        lines.append(f"| {' | '.join(escape(cell) for cell in found)} |")
    for result in report.claims:
        lines += ["", *_section(result)]
    if report.left_out:
        lines += ["", "## Runs that are no evidence", ""]
        lines += [f"- {escape(told)}" for told in report.left_out]
    return "\n".join(lines) + "\n"


def _section(result: ClaimResult) -> list[str]:
    claim = result.claim
    lines = [
        f"## {escape(claim.name)}: {result.verdict}",
        "",
        f"- the paper: {escape(claim.words)} ({escape(claim.where)})",
        f"- measured: {escape(claim.asks)}",
        "",
        "| comparison | in | difference | 95 % interval | datasets | seeds | verdict |",
        "|:---|:---|---:|:---|---:|---:|:---|",
    ]
    for one in result.comparisons:
        numbers = (signed(one.mean), interval(one.low, one.high), str(len(one.datasets)))
        cells = (one.label, one.unit, *numbers, seeds_text(one), one.verdict)
        lines.append(f"| {' | '.join(escape(cell) for cell in cells)} |")
    lines.append("")
    lines += [f"- {escape(note)}" for note in notes_of(result)]
    lines += [f"- to do: {code(command)}" for command in result.todo]
    return lines
