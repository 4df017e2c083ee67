"""``scinfovae-bench report``: all that is known of the finished runs on one page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scinfovae.cli.words import add_words, complete_selection

if TYPE_CHECKING:
    import argparse

    from scinfovae.report.contents import Contents

SUMMARY = "Write one HTML page with leaderboard, claims, figures, tables and every run."
EXAMPLES = """\
examples:
  scinfovae-bench report                                  results/report.html, of all records
  scinfovae-bench report --from results/records.parquet   of the committed export
  scinfovae-bench report dataset=at_hand method=scinfovae,pca --out at_hand.html
  scinfovae-bench report --sweep comparison --figures results/figures

The page opens offline, in any browser, and carries its figures inside. Words choose among the
records as those of 'tables' do. Figures are those that 'scinfovae-bench figures' drew before;
of absent ones the page says which command makes them.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe the verb.

    Parameters
    ----------
    parser
        Its parser.
    """
    add_words(parser, "WORD", "key=value; which records are wanted", complete_selection)
    parser.add_argument(
        "--from", dest="source", type=Path, metavar="SOURCE", help="results folder or export"
    )
    parser.add_argument(
        "--out", type=Path, metavar="FILE", help="instead of report.html in the results"
    )
    parser.add_argument(
        "--figures", type=Path, metavar="DIR", help="instead of figures/ in the results"
    )
    parser.add_argument(
        "--sweep", metavar="NAME", help="only the runs a sweep or experiment asks for"
    )
    parser.add_argument(
        "--allow-partial", action="store_true", help="incomplete cells enter means, marked"
    )
    parser.add_argument("--json", action="store_true", help="say what was written, for machines")


def execute(args: argparse.Namespace) -> int:
    """Do the verb.

    Parameters
    ----------
    args
        What was asked for.

    Returns
    -------
    The exit code: 0 whatever the runs and the claims came to.

    Raises
    ------
    UsageError
        If there are no records, a word cannot be meant, or a named folder is not there.
    """
    from scinfovae._version import __version__
    from scinfovae.bench.records.files import write_text
    from scinfovae.bench.records.manifest import read_manifests
    from scinfovae.bench.records.scrub import scrub_command
    from scinfovae.bench.running.provenance import command_line
    from scinfovae.errors import UsageError
    from scinfovae.report.contents import gather_contents
    from scinfovae.report.page import render
    from scinfovae.report.pictures import read_gallery
    from scinfovae.tables.document import Origin
    from scinfovae.tables.records import find_source, read_records
    from scinfovae.tables.selection import read_words

    selection = read_words(args.words)
    measures = selection.measures()
    source = find_source(args.source, Path(selection.results or "results"))
    beside = source if source.is_dir() else source.parent
    results = Path(selection.results) if selection.results else beside
    page: Path = args.out or results / "report.html"
    if page.is_dir():
        raise UsageError(f"--out {page} is a folder; name a file, as in --out report.html.")
    if args.figures is not None and not args.figures.is_dir():
        raise UsageError(f"there is no folder '{args.figures}' of figures (--figures DIR).")
    records = read_records(source, selection, args.sweep)
    origin = Origin(scrub_command(command_line(args.argv)), records.told(), __version__)
    contents = gather_contents(
        records,
        origin,
        measures=measures,
        allow_partial=args.allow_partial,
        gallery=read_gallery(args.figures or results / "figures", page),
        manifests=read_manifests(source) if source.is_dir() else (),
    )
    text = render(contents)
    write_text(page, text)
    facts = _facts(contents, page, len(text.encode()))
    print(json.dumps(facts, indent=1) if args.json else _told(facts))
    return 0


def _facts(contents: Contents, page: Path, n_bytes: int) -> dict[str, Any]:
    return {
        "file": str(page),
        "bytes": n_bytes,
        "records": contents.origin.records,
        "runs": dict(contents.overview.counts),
        "verdicts": contents.verdicts(),
        "figures": [picture.name for picture in contents.gallery.pictures],
        "figures_absent": [figure.name for figure in contents.gallery.absent],
    }


def _told(facts: dict[str, Any]) -> str:
    from scinfovae.cli.render import size

    verdicts = ", ".join(f"{count} {name}" for name, count in facts["verdicts"].items() if count)
    figures = f"{len(facts['figures'])} figures, {len(facts['figures_absent'])} not drawn yet"
    return (
        f"from {facts['records']}\nclaims: {verdicts}; {figures}\n"
        f"{facts['file']} ({size(facts['bytes'])})"
    )
