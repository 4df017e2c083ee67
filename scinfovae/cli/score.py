"""``scinfovae-bench score``: score finished runs again, or with more clusterers; nothing trains."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING, Any

from scinfovae.cli.render import table
from scinfovae.cli.words import add_words, complete_word, limit_threads_early
from scinfovae.errors import DataError, UsageError, did_you_mean

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence
    from pathlib import Path

    from scinfovae.bench.running.rescore import Rescored
    from scinfovae.bench.running.rescore_record import ScoreRequest

SUMMARY = "Score finished runs again from what is stored, or add clusterers, without training."
EXAMPLES = """\
examples:
  scinfovae-bench score                              (add metrics that records lack)
  scinfovae-bench score dataset=worm_neuron clusterers=[leiden]
  scinfovae-bench score method=pca clusterers=[leiden] clustering.leiden.resolution=0.5
  scinfovae-bench score --recompute                  (every metric of the stored labels)
  scinfovae-bench score 42f2c273 seed=0 --recluster  (labels, too)

words choose runs as in 'store list', all of them by default; clusterers, clustering.*, data.*,
threads and results.dir mean what they mean for 'run'. Every number that is new or another is
listed; a record in which nothing changes is not touched. Metrics in the common space need the
dataset; where it cannot be had the others are computed all the same (exit code 3).
"""
_SETTINGS = ("clusterers", "clustering", "data", "threads", "plugins")
_SHOWN = 40


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe the verb.

    Parameters
    ----------
    parser
        Its parser.
    """
    add_words(parser, "KEY=VALUE|RUN", "which runs, and what to add", complete_word)
    parser.add_argument(
        "--recompute", action="store_true", help="compute every metric of the stored labels anew"
    )
    parser.add_argument(
        "--recluster", action="store_true", help="compute labels and metrics of all clusterers anew"
    )
    parser.add_argument("--json", action="store_true", help="for machines")


def execute(args: argparse.Namespace) -> int:
    """Do the verb.

    Parameters
    ----------
    args
        What was asked for.

    Returns
    -------
    The exit code: 1 if a run could not be scored, else 3 if data could not be had.
    """
    from scinfovae.cli.store import results_dir

    limit_threads_early(args.words)
    root, words = results_dir(args.words)
    settings = [word for word in words if _is_setting(word)]
    request = _request(settings, recompute=args.recompute, recluster=args.recluster)
    filters = [word for word in words if word not in settings]
    done, n_chosen = _score(root, filters, request)
    if args.json:
        print(json.dumps([dataclasses.asdict(one) for one in done], indent=1))
    else:
        _show(done, n_chosen)
    if any(one.problem for one in done):
        return 1
    return DataError.exit_code if any(one.without_data for one in done) else 0


def _is_setting(word: str) -> bool:
    from scinfovae.bench.records.select import FILTERS, is_filter

    key, equals, _ = word.partition("=")
    if equals and key.partition(".")[0] in _SETTINGS:
        return True
    if not is_filter(word):
        known = (*FILTERS, *_SETTINGS, "results.dir")
        raise UsageError(
            f"'{word}' is nothing that scoring depends on.{did_you_mean(key, known)} "
            f"Keys are {', '.join(known)}."
        )
    return False


def _request(settings: Sequence[str], *, recompute: bool, recluster: bool) -> ScoreRequest:
    """Read what is to be added, and where data come from."""
    from scinfovae.bench.planning.plan import make_plan
    from scinfovae.bench.running.rescore_record import ScoreRequest

    groups = make_plan(settings)
    if len(groups) > 1:
        raise UsageError("one setting at a time: give no list of values but clusterers=[a,b].")
    recipe = groups[0].recipe
    named = any(word.startswith("clusterers=") for word in settings)
    if not named and any(word.startswith("clustering.") for word in settings):
        raise UsageError("say which clusterers to add, as in clusterers=[leiden].")
    clusterers = recipe.clusterers if named else ()
    return ScoreRequest(recipe, clusterers, recompute=recompute, recluster=recluster)


def _score(root: Path, filters: Sequence[str], request: ScoreRequest) -> tuple[list[Rescored], int]:
    from scinfovae.bench.records.frame import runs_frame
    from scinfovae.bench.records.select import select
    from scinfovae.bench.running.listener import RunLog, hear_warnings
    from scinfovae.bench.running.rescore import rescore
    from scinfovae.bench.running.threads import limited_threads
    from scinfovae.cli.progress import Watcher

    log = RunLog(Watcher())
    runs = runs_frame(root)
    chosen = select(runs, root, filters)
    if chosen.empty:
        told = " ".join(filters)
        raise UsageError(f"no run in '{root}' fits '{told}'; see 'scinfovae-bench store list'.")
    with limited_threads(request.recipe.settings.threads), hear_warnings(log):
        done: list[Rescored] = []
        for one in rescore(chosen, root, request, log):
            is_news = one.without_data not in {other.without_data for other in done}
            done.append(one)
            log.message(f"{_name(one)}: {_told(one, is_news=is_news)}")
    return done, len(chosen)


def _name(one: Rescored) -> str:
    return f"{one.dataset} × {one.method} {one.identity} seed {one.seed}"


def _told(one: Rescored, *, is_news: bool) -> str:
    added = sum(change.added for change in one.changes)
    moved = sum(one.relabelled.values())
    parts = [f"{added} added"] if added else []
    parts += [f"{len(one.changes) - added} changed"] if len(one.changes) > added else []
    parts += [f"{moved} labels of cells changed"] if moved else []
    parts += [f"error: {one.problem}"] if one.problem else []
    told = ", ".join(parts) or "nothing changed"
    if not one.without_data:
        return told
    return f"{told}; not in the common space{f': {one.without_data}' * is_news}"


def _show(done: Sequence[Rescored], n_chosen: int) -> None:
    rows = [(one, change) for one in done for change in one.changes]
    columns = ("run", "seed", "stage", "clusterer", "labels", "metric", "old", "new")
    shown = []
    for one, change in rows[:_SHOWN]:
        old, new = _pair(change.old, change.new)
        name = f"{one.dataset} × {one.method} {one.identity[:8]}"
        at = (change.stage, change.clusterer, change.label_key, change.metric)
        shown.append((name, str(one.seed), *at, "" if change.added else old, new))
    if shown:
        print()
        table("", columns, shown)
    if len(rows) > _SHOWN:
        print(f"... and {len(rows) - _SHOWN} more; --json shows all.")
    added = sum(change.added for _, change in rows)
    without = n_chosen - len(done)
    told = f"{added} numbers added, {len(rows) - added} changed" if rows else "nothing changed"
    left = f"; {without} of {n_chosen} chosen have nothing to score" if without else ""
    print(f"{len(done)} runs scored: {told}{left}.")


def _pair(old: Any, new: Any) -> tuple[str, str]:
    """Write two values with as many digits as show their difference."""
    six = tuple("n/a" if value is None else f"{value:.6f}" for value in (old, new))
    if six[0] != six[1]:
        return six[0], six[1]
    return str(old), str(new)
