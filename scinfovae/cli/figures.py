"""``scinfovae-bench figures``: the paper's figures, drawn from finished runs."""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scinfovae.cli.words import add_words, complete_selection, limit_threads_early
from scinfovae.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scinfovae.figures.missing import Needed
    from scinfovae.figures.registry import FigureInfo
    from scinfovae.figures.suite import Outcome
    from scinfovae.figures.words import Choice

SUMMARY = (
    "Draw the paper's figures from finished runs, as PNG and PDF with the numbers beside them."
)
EXAMPLES = """\
examples:
  scinfovae-bench figures --list                    what can be drawn, and what it needs
  scinfovae-bench figures                           all of them, into results/figures
  scinfovae-bench figures fig2 supp3 dataset=at_hand
  scinfovae-bench figures fig2 --from results/records.parquet
  scinfovae-bench figures embedding dataset=worm_neuron method=scinfovae clusterer=rsc
  scinfovae-bench figures fig5 --run-missing executor=processes
  scinfovae-bench figures fig1b fig1c data.mirror=DIR

Words choose among records: dataset=, method=, preset=, variant=, clusterer=, experiment=, seed=;
results.dir=DIR says where they are. What was not run is shown as such; missing runs are listed with
the command that makes them, and --run-missing makes them first.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe the verb.

    Parameters
    ----------
    parser
        Its parser.
    """
    add_words(parser, "NAME|WORD", "figures (default: all); key=value", _complete)
    parser.add_argument(
        "--from", dest="source", type=Path, metavar="SOURCE", help="results folder or export"
    )
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="instead of figures/ in the results"
    )
    parser.add_argument("--run-missing", action="store_true", help="first do the runs they lack")
    parser.add_argument("--list", action="store_true", help="list the figures and draw none")
    parser.add_argument("--json", action="store_true", help="for machines")


def execute(args: argparse.Namespace) -> int:
    """Do the verb.

    Parameters
    ----------
    args
        What was asked for.

    Returns
    -------
    The exit code: 1 if runs of ``--run-missing`` failed, else that of the first figure that could
    not be drawn because something is wrong. A figure whose runs are missing is no failure.
    """
    from scinfovae.figures.registry import figures_of
    from scinfovae.figures.words import read_words

    choice = read_words(args.words, args.run_missing)
    infos = figures_of(choice.figures)
    if args.list:
        return _list(infos, as_json=args.json)
    limit_threads_early(args.words)
    return _draw(args, choice, infos)


def _draw(args: argparse.Namespace, choice: Choice, infos: Sequence[FigureInfo]) -> int:
    from scinfovae._version import __version__
    from scinfovae.bench.records.scrub import scrub_command
    from scinfovae.bench.running.provenance import command_line
    from scinfovae.figures.material import Material
    from scinfovae.figures.missing import missing_table, needed_runs
    from scinfovae.figures.suite import draw_figures, find_records, read_runs
    from scinfovae.figures.writing import Origin, write_index

    results = Path(choice.places.get("results.dir", "results"))
    source, root = find_records(args.source, results)
    if args.run_missing and args.source is None:
        source, root = results, results
    if root is not None:
        choice = dataclasses.replace(choice, places={**choice.places, "results.dir": str(root)})
    elif args.run_missing:
        raise UsageError("--run-missing needs a results folder, not an export; leave --from out.")
    runs = read_runs(source, choice.experiment)
    Material(runs, root, choice)  # names that cannot be meant are told before anything is done
    needed = needed_runs(infos, choice, runs)
    code = 0
    if args.run_missing:
        code = _run(needed, args)
        runs = read_runs(source, choice.experiment)
        needed = needed_runs(infos, choice, runs)
    material = Material(runs, root, choice)
    folder = args.out or (source.parent if source.is_file() else source) / "figures"
    outcomes, drawn = draw_figures(infos, material, folder, None if args.json else _tell)
    told = material.records.told() if material.records is not None else "no records"
    origin = Origin(scrub_command(command_line(args.argv)), told, __version__)
    files = write_index(folder, drawn, origin, missing_table(needed.values()), needed)
    if args.json:
        print(json.dumps(_plain(outcomes, needed, told), indent=1))
    else:
        _show(infos, needed, told, files[0])
    errors = [outcome.error for outcome in outcomes if outcome.error is not None]
    return code or (errors[0].exit_code if errors else 0)


def _run(needed: dict[str, Needed], args: argparse.Namespace) -> int:
    """Do what is missing, one experiment after the other, through the sweep."""
    from scinfovae.cli.sweep import do_sweep

    codes = [0]
    for one in needed.values():
        if one.problem:
            raise UsageError(f"experiment={one.experiment} cannot be run so: {one.problem}")
        if one.lacking:
            print(one.command, file=sys.stderr)
            wishes = argparse.Namespace(
                argv=args.argv, words=list(one.words), force=False, json=False
            )
            with contextlib.redirect_stdout(sys.stderr) if args.json else contextlib.nullcontext():
                codes.append(do_sweep(one.groups, wishes, retry_failed=False))
    return max(codes)


def _tell(outcome: Outcome) -> None:
    """Say at once what became of a figure."""
    info = outcome.info
    pictures = [file for file in outcome.files if file.suffix == ".png"]
    for file in pictures:
        print(f"{info.name}: {file}")
    for reason in outcome.reasons:
        remedy = f"; make it with '{info.command}'" if outcome.error is None else ""
        print(f"{info.name}: not drawn, {reason}{remedy}")
    sys.stdout.flush()


def _show(
    infos: Sequence[FigureInfo], needed: dict[str, Needed], told: str, overview: Path
) -> None:
    """Say which runs are missing, and how to make them."""
    from scinfovae.cli.render import table

    rows = []
    for one in needed.values():
        names = ", ".join(info.name for info in infos if info.experiment == one.experiment)
        if one.problem:
            rows.append((names, "?", one.problem))
        elif one.lacking:
            states = [row["status"] for row in one.lacking]
            counted = f"{one.n_done} of {one.n_planned}"
            imported = states.count("imported")
            failed = len(states) - states.count("missing") - imported
            counted += f", {imported} more without files" if imported else ""
            counted += f", {failed} failed" if failed else ""
            rows.append((names, counted, one.command))
    print(f"\nfrom {told}; overview: {overview}")
    if rows:
        print("runs are missing (all in missing.csv); --run-missing makes them, or:\n")
        table("", ("figures", "runs there", "command"), rows)


def _plain(outcomes: Sequence[Outcome], needed: dict[str, Needed], told: str) -> dict[str, Any]:
    """Lay everything out for machines."""
    figures = []
    for outcome in outcomes:
        info = outcome.info
        one = needed.get(info.experiment)
        runs = None
        if one is not None:
            runs = {"experiment": one.experiment, "planned": one.n_planned, "done": one.n_done}
            runs |= {"problem": one.problem, "command": one.command}
        files = [str(file) for file in outcome.files]
        named = {"name": info.name, "title": info.title, "command": info.command}
        figures.append({**named, "files": files, "not_drawn": outcome.reasons, "runs": runs})
    return {"records": told, "figures": figures}


def _list(infos: Sequence[FigureInfo], *, as_json: bool) -> int:
    if as_json:
        rows = [{**dataclasses.asdict(info), "command": info.command} for info in infos]
        print(json.dumps(rows, indent=1))
        return 0
    from scinfovae.cli.render import table

    needs = {"records": "records or export", "embeddings": "results folder", "data": "data files"}
    lines = [(info.name, needs[info.needs], info.command, info.draws) for info in infos]
    table("", ("figure", "drawn from", "made by", "what it shows"), lines)
    return 0


def _complete(prefix: str, **_: Any) -> list[str]:
    """Complete names and words out of the registries; no record is read for it."""
    from scinfovae.figures.registry import ALL, FIGURES
    from scinfovae.figures.words import KEYS

    if "=" in prefix:
        return complete_selection(prefix, KEYS)
    return [*FIGURES, ALL, *complete_selection(prefix, KEYS)]
