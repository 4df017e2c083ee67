"""``scinfovae-bench tables``: what the finished runs scored, for people and for papers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scinfovae.cli.render import table
from scinfovae.cli.words import add_words, complete_selection

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from scinfovae.tables.document import Table

SUMMARY = "Write the tables of finished runs as CSV, Markdown and LaTeX, and print the main one."
EXAMPLES = """\
examples:
  scinfovae-bench tables                                  all records under results/
  scinfovae-bench tables --from results/records.parquet   the committed export
  scinfovae-bench tables dataset=at_hand method=scinfovae,pca clusterer=kmeans
  scinfovae-bench tables metric=ari,nmi --stage both --out results/tables/ablation
  scinfovae-bench tables --sweep 3f9a0c21 --allow-partial

Words choose among the records: dataset=, method=, preset=, variant=, clusterer=, metric=, each with
names, patterns (dataset=*_top2000) or, for datasets, sets; results.dir=DIR says where they are.
Incomplete cells are marked and enter no mean over datasets, unless --allow-partial.
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
    parser.add_argument("--out", type=Path, metavar="DIR", help="instead of tables/ in the results")
    parser.add_argument(
        "--sweep", metavar="NAME", help="only the runs a sweep or experiment asks for"
    )
    stages = ["final", "pretrained", "both"]
    parser.add_argument("--stage", choices=stages, default="final", help="default: final")
    parser.add_argument(
        "--allow-partial", action="store_true", help="incomplete cells enter means, marked"
    )
    parser.add_argument("--json", action="store_true", help="print every table, for machines")


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
    from scinfovae._version import __version__
    from scinfovae.bench.records.scrub import scrub_command
    from scinfovae.bench.running.provenance import command_line
    from scinfovae.tables.document import Origin
    from scinfovae.tables.records import find_source, read_records
    from scinfovae.tables.selection import read_words
    from scinfovae.tables.suite import make_tables
    from scinfovae.tables.writing import write_tables

    selection = read_words(args.words)
    measures = selection.measures()
    source = find_source(args.source, Path(selection.results or "results"))
    records = read_records(source, selection, args.sweep)
    tables = make_tables(
        records, stage=args.stage, measures=measures, allow_partial=args.allow_partial
    )
    origin = Origin(scrub_command(command_line(args.argv)), records.told(), __version__)
    beside = source if source.is_dir() else source.parent
    results = Path(selection.results) if selection.results else beside
    files = write_tables(args.out or results / "tables", tables, origin)
    if args.json:
        print(json.dumps(_plain(tables, origin.records, files), indent=1, allow_nan=False))
        return 0
    _show(tables[0])
    print(f"\nfrom {origin.records}")
    print(f"{len(tables)} tables as .md, .csv and .tex, overview: {files[0]}")
    return 0


def _show(main: Table) -> None:
    """Print a table with its notes."""
    texts = [[cell.text for cell in one.cells] for one in main.lines]
    if texts:
        # marks make numbers look like words: flush them right here
        columns = list(zip(main.columns, *texts, strict=True))
        for i in range(main.n_heads, len(columns)):
            width = max(len(text) for text in columns[i])
            columns[i] = tuple(text.rjust(width) for text in columns[i])
        heads, *rows = zip(*columns, strict=True)
        table(main.title, heads, rows)
    else:
        print(f"{main.title}: nothing to show.")
    print()
    for note in main.notes:
        print(note)


def _plain(tables: Sequence[Table], records: str, files: Sequence[Path]) -> dict[str, Any]:
    """Lay everything out for machines."""
    from scinfovae.bench.records.files import finite

    plain = {}
    for one in tables:
        data = one.data.astype(object).where(one.data.notna(), None)
        rows = data.to_dict("records")
        plain[one.name] = {"title": one.title, "notes": one.notes, "rows": rows}
    told = finite({"records": records, "tables": plain, "files": [str(file) for file in files]})
    return dict(told)
