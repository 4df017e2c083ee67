"""``scinfovae-bench reproduce``: the paper's claims, checked against the finished runs."""

from __future__ import annotations

import json
import shutil
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scinfovae.errors import UsageError, VerificationError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from scinfovae.data.request import DatasetRequest
    from scinfovae.reproduce.checking import ClaimResult
    from scinfovae.reproduce.report import Report

SUMMARY = "Check the paper's claims against the finished runs; a claim that fails is a finding."
EXAMPLES = """\
examples:
  scinfovae-bench reproduce
  scinfovae-bench reproduce ari_no_worse robust_cells
  scinfovae-bench reproduce --from results/records.parquet --json
  scinfovae-bench reproduce zinb_above --own-files
  scinfovae-bench reproduce --predictions graph_sc_predictions.npz data.mirror=DIR

Every claim gets a verdict: holds, does not hold, undecided, or not run with the command that
makes the runs. The exit code is 0 whatever the verdicts, and 4 if a check of the harness fails.
All claims together are written to tables/claims.csv and claims.md beside the records, or to --out.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe the verb.

    Parameters
    ----------
    parser
        Its parser.
    """
    words = parser.add_argument(
        "words",
        nargs="*",
        metavar="CLAIM",
        help="claims (default: all), results.dir=DIR, data.mirror=DIR, data.cache_dir=DIR",
    )
    words.completer = _complete_claim  # type: ignore[attr-defined]
    parser.add_argument(
        "--from",
        dest="source",
        type=Path,
        metavar="SOURCE",
        help="a results folder or a records.parquet (default: results.dir)",
    )
    parser.add_argument(
        "--predictions", type=Path, metavar="FILE", help="published predictions (.npz) to score"
    )
    parser.add_argument("--index", type=Path, metavar="FILE", help="their published scores (CSV)")
    parser.add_argument(
        "--out",
        type=Path,
        metavar="FOLDER",
        help="where claims.csv and claims.md go (default: tables beside the records)",
    )
    parser.add_argument(
        "--own-files",
        action="store_true",
        help="let labelled files of your own (dataset=custom) count as datasets, too",
    )
    parser.add_argument("--json", action="store_true", help="for machines")


def _complete_claim(**_: Any) -> list[str]:
    from scinfovae.reproduce.claims import CLAIMS

    return list(CLAIMS)


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
    from scinfovae.bench.records.frame import runs_frame, scores_frame
    from scinfovae.bench.records.scrub import scrub_command
    from scinfovae.bench.running.provenance import command_line
    from scinfovae.reproduce.checking import check_claims
    from scinfovae.reproduce.claims import claim_of
    from scinfovae.reproduce.evidence import gather
    from scinfovae.reproduce.harness import check_harness
    from scinfovae.reproduce.report import Report, as_plain
    from scinfovae.reproduce.writing import write_claims
    from scinfovae.tables.records import find_source

    names = [claim_of(word).name for word in args.words if "=" not in word]
    requests, results = _options([word for word in args.words if "=" in word])
    if args.index is not None and args.predictions is None:
        raise UsageError("--index goes with --predictions FILE.")
    source = find_source(args.source, results)
    runs = runs_frame(source)
    evidence = gather(runs, scores_frame(runs), own_files=args.own_files)
    told = f"{source.resolve().name} with {len(runs)} runs"
    report = Report(
        source=f"{told}, of which {len(evidence.runs)} are evidence",
        claims=tuple(check_claims(evidence, names)),
        harness=tuple(check_harness(evidence, args.predictions, args.index, requests)),
        left_out=evidence.left_out,
    )
    # some claims only would pass for all of them
    folder = args.out or (source if source.is_dir() else source.parent) / "tables"
    written = [] if names else write_claims(folder, report, scrub_command(command_line(args.argv)))
    if args.json:
        files = [str(path) for path in written]
        print(json.dumps({**as_plain(report), "files": files}, indent=1))
    else:
        _show(report)
        for path in written:
            print(f"written: {path}")
    if report.failed:
        failed = "; ".join(f"{check.name}: {check.message}" for check in report.failed)
        raise VerificationError(f"the harness itself fails a check: {failed}.")
    return 0


def _options(words: Sequence[str]) -> tuple[list[DatasetRequest], Path]:
    """Read where the data files of all registered datasets are, and where the results are."""
    from scinfovae.bench.planning.plan import make_plan

    for word in words:
        if not word.startswith(("data.", "results.dir=")):
            raise UsageError(
                f"'{word}' does not belong here: reproduce takes claims, results.dir=DIR, "
                "data.mirror=DIR and data.cache_dir=DIR."
            )
    recipes = [group.recipe for group in make_plan(["dataset=all", "method=pca", *words])]
    return [recipe.dataset for recipe in recipes], recipes[0].settings.results.dir


def _show(report: Report) -> None:
    """Print everything for people."""
    from scinfovae.cli.render import table

    print(f"{report.source}\n")
    for result in report.claims:
        _show_claim(result)
    rows = [(check.name, check.state, check.message) for check in report.harness]
    table("checks of the harness", ("check", "state", "found"), rows)
    if report.left_out:
        print("\nno evidence:")
        for told in report.left_out:
            _wrapped(f"- {told}")
    counts = [result.verdict for result in report.claims]
    told = ", ".join(f"{counts.count(v)} {v}" for v in dict.fromkeys(sorted(counts)))
    print(f"\n{len(counts)} claims: {told}.")


def _show_claim(result: ClaimResult) -> None:
    from scinfovae.cli.render import table
    from scinfovae.reproduce.report import notes_of, seeds_text
    from scinfovae.tables.formatting import interval, signed

    claim = result.claim
    print(f"{claim.name}: {result.verdict.upper()}")
    _wrapped(f"the paper ({claim.where}): {claim.words}")
    _wrapped(f"measured: {claim.asks}")
    run = [one for one in result.comparisons if one.datasets]
    if run:
        rows = [
            (
                one.label,
                one.unit,
                signed(one.mean),
                interval(one.low, one.high),
                str(len(one.datasets)),
                seeds_text(one),
                one.verdict,
            )
            for one in run
        ]
        heads = ("difference", "in", "mean", "95 % interval", "datasets", "seeds", "verdict")
        table("", heads, rows)
    for note in notes_of(result):
        _wrapped(f"- {note}")
    for command in result.todo:
        _wrapped(f"- to do: {command}")
    print()


def _wrapped(text: str) -> None:
    width = max(40, min(shutil.get_terminal_size().columns, 120))
    clean = "".join(c if c.isprintable() else " " for c in text)
    print(textwrap.fill(clean, width, subsequent_indent="  ", break_on_hyphens=False))
