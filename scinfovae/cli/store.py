"""``scinfovae-bench store``: what is kept of runs, how to read it, tidy it, hand it on."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scinfovae.cli.render import size, table
from scinfovae.cli.words import add_words, complete_word
from scinfovae.errors import UsageError

if TYPE_CHECKING:
    import argparse

    from scinfovae.bench.records.index import StoreContents

SUMMARY = "List, show, tidy, export and import the records of runs."
EXAMPLES = """\
examples:
  scinfovae-bench store list
  scinfovae-bench store list dataset=worm_neuron method=pca,scinfovae status=failed,missing
  scinfovae-bench store show 42f2c273 seed=0          (the first digits of its identity)
  scinfovae-bench store show results/runs/simulated/pca/42f2c273a2da0664/seed=0
  scinfovae-bench store gc                            (only lists; --yes removes)
  scinfovae-bench store gc --superseded --downloads --yes
  scinfovae-bench store export                        (results/records.parquet)
  scinfovae-bench store import their/records.parquet results/records.parquet
  scinfovae-bench store reindex results.dir=DIR

words choose runs: dataset, method, preset, status, seed in Hydra's grammar; identity, setting,
sweep by their first digits; results.dir=DIR says which results. gc removes what killed writers
left and locks that nobody holds; records only of earlier versions, and only with --superseded.
import takes exports of other machines: their runs count in tables, reports and further exports.
"""
_LISTED = ("dataset", "method", "variant", "preset", "seed", "status", "stage", "identity")


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe the verb.

    Parameters
    ----------
    parser
        Its parser.
    """
    parser.add_argument("action", choices=["list", "show", "gc", "export", "import", "reindex"])
    add_words(parser, "KEY=VALUE|RUN", "which runs", complete_word)
    parser.add_argument("--yes", action="store_true", help="gc: remove what is listed")
    parser.add_argument(
        "--superseded", action="store_true", help="gc: also records of earlier versions"
    )
    parser.add_argument(
        "--downloads", action="store_true", help="gc: also broken-off downloads in the data cache"
    )
    parser.add_argument("--out", metavar="FILE", type=Path, help="export: where to")
    parser.add_argument("--json", action="store_true", help="for machines")


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
    root, words = results_dir(args.words)
    actions = {"list": _list, "show": _show, "gc": _gc, "reindex": _reindex}
    actions |= {"export": _export, "import": _import}
    given = {"--yes": args.yes, "--superseded": args.superseded, "--downloads": args.downloads}
    for flag, is_set in given.items():
        if is_set and args.action != "gc":
            raise UsageError(f"{flag} goes with 'store gc'.")
    if args.out is not None and args.action != "export":
        raise UsageError("--out goes with 'store export'.")
    return actions[args.action](args, root, words)


def results_dir(words: list[str]) -> tuple[Path, list[str]]:
    """Take the results folder out of the words of a command.

    Parameters
    ----------
    words
        The words, perhaps with ``results.dir=DIR``.

    Returns
    -------
    The folder, and the other words.
    """
    given = [word.partition("=")[2] for word in words if word.startswith("results.dir=")]
    if len(given) > 1:
        raise UsageError("'results.dir' is given twice.")
    rest = [word for word in words if not word.startswith("results.dir=")]
    return Path(given[0] if given else "results").expanduser(), rest


def _no_words(action: str, words: list[str]) -> None:
    if words:
        raise UsageError(f"'store {action}' is for the whole store, so '{words[0]}' says nothing.")


def _list(args: argparse.Namespace, root: Path, words: list[str]) -> int:
    from scinfovae.bench.records.files import finite
    from scinfovae.bench.records.frame import read_runs
    from scinfovae.bench.records.select import select

    runs, contents = read_runs(root)
    chosen = select(runs, root, words)
    _tell_problems(contents)
    if args.json:
        shown = chosen.drop(columns=["config", "provenance", "metrics"]).to_dict("records")
        print(json.dumps(finite(shown), indent=1))
        return 0
    listed = chosen[list(_LISTED)].astype(str)
    table("", _LISTED, [tuple(row) for row in listed.itertuples(index=False)])
    counts = ", ".join(f"{n} {status}" for status, n in chosen["status"].value_counts().items())
    print(f"{len(chosen)} of {len(runs)} runs{': ' if counts else ''}{counts}.")
    return 0


def _tell_problems(contents: StoreContents) -> None:
    for path, reason in contents.problems:
        print(f"warning: '{path}': {reason}.", file=sys.stderr)


def _show(args: argparse.Namespace, root: Path, words: list[str]) -> int:
    from scinfovae.bench.records.frame import read_runs
    from scinfovae.bench.records.select import select_one
    from scinfovae.cli.show import show_run

    if not words:
        raise UsageError("store show needs a run: its folder, or an identity and seed=N.")
    runs, _ = read_runs(root)
    show_run(select_one(runs, root, words), root, as_json=args.json)
    return 0


def _gc(args: argparse.Namespace, root: Path, words: list[str]) -> int:
    from scinfovae.bench.records.garbage import find_waste, remove_waste

    cache = _cache(words) if args.downloads else None
    if not args.downloads:
        _no_words("gc", words)
    waste = find_waste(root, superseded=args.superseded, cache=cache)
    gone, kept = remove_waste(waste) if args.yes else ([], [])
    if args.json:
        shown: list[dict[str, Any]] = [
            {
                "path": str(one.path),
                "kind": one.kind,
                "reason": one.reason,
                "bytes": one.n_bytes,
                "removed": one in gone,
            }
            for one in waste
        ]
        print(json.dumps(shown, indent=1))
    else:
        rows = [(one.kind, size(one.n_bytes), str(one.path), one.reason) for one in waste]
        table("", ("kind", "size", "path", "why"), rows)
        total = size(sum(one.n_bytes for one in (gone if args.yes else waste)))
        told = f"{len(gone)} of {len(waste)} removed" if args.yes else f"{len(waste)} could go"
        hint = "" if args.yes or not waste else "; nothing was removed, --yes does it"
        print(f"{told}, {total}{hint}.")
    for sentence in kept:
        print(f"warning: {sentence}", file=sys.stderr)
    return 1 if kept else 0


def _cache(words: list[str]) -> Path:
    from scinfovae.bench.planning.plan import make_plan

    for word in words:
        if not word.startswith("data.cache_dir="):
            raise UsageError(f"'store gc' takes no '{word}'; where downloads lie: data.cache_dir=.")
    return make_plan(words)[0].recipe.dataset.cache_dir


def _export(args: argparse.Namespace, root: Path, words: list[str]) -> int:
    from scinfovae.bench.records.export import export_runs

    _no_words("export", words)
    done = export_runs(root, args.out)
    if args.json:
        told = {"path": str(done.path), "runs": done.counts, "bytes": done.n_bytes}
        print(json.dumps(told, indent=1))
        return 0
    counts = ", ".join(f"{n} {status}" for status, n in done.counts.items())
    print(f"{sum(done.counts.values())} runs ({counts}), {size(done.n_bytes)}: {done.path}")
    return 0


def _import(args: argparse.Namespace, root: Path, words: list[str]) -> int:
    from scinfovae.bench.records.imported import import_runs
    from scinfovae.errors import DataError

    exports = [Path(word).expanduser() for word in words]
    if not exports:
        raise UsageError("store import needs a file made by 'store export'.")
    for path in exports:
        if not path.is_file():
            raise DataError(f"there is no file '{path}' to import.")
    done = import_runs(root, exports)
    if args.json:
        told = {"path": str(done.path), "added": done.added, "replaced": done.replaced}
        print(json.dumps({**told, "known": done.known}, indent=1))
        return 0
    counts = f"{done.added} runs added, {done.replaced} replaced, {done.known} known already"
    print(f"{counts}: {done.path}")
    return 0


def _reindex(args: argparse.Namespace, root: Path, words: list[str]) -> int:
    from scinfovae.bench.records.index import INDEX, reindex
    from scinfovae.errors import DataError

    _no_words("reindex", words)
    if not root.is_dir():
        raise DataError(f"there are no results in '{root}'; give another results.dir=DIR.")
    contents = reindex(root)
    _tell_problems(contents)
    if args.json:
        problems = [{"path": str(path), "reason": reason} for path, reason in contents.problems]
        print(json.dumps({"records": len(contents.rows), "problems": problems}, indent=1))
        return 0
    told = f"{len(contents.rows)} records, {len(contents.problems)} torn or foreign files"
    print(f"{told}: {root / INDEX}")
    return 0
