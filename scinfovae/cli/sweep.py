"""``scinfovae-bench sweep``: do what is missing of a whole product of runs."""

from __future__ import annotations

import contextlib
import json
import signal
import sys
import threading
from typing import TYPE_CHECKING, Any, NoReturn

from scinfovae.cli.words import add_words, complete_word, limit_threads_early

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

    from scinfovae.bench.executors.tasks import Task
    from scinfovae.bench.planning.plan import RunGroup
    from scinfovae.bench.records.manifest import Manifest
    from scinfovae.bench.running.survey import Survey
    from scinfovae.cli.counting import Counter

SUMMARY = "Do every run of a product of datasets, methods and seeds that is not done yet."
EXAMPLES = """\
examples:
  scinfovae-bench sweep dataset=at_hand method=scinfovae,pca 'seed=range(5)'
  scinfovae-bench sweep dataset=paper15 method=all 'seed=range(5)' --dry-run
  scinfovae-bench sweep dataset=muraro method.latent_dim=2,10,32 'seed=range(3)'
  scinfovae-bench sweep experiment=at_hand_quick
  scinfovae-bench sweep experiment=at_hand_quick executor=processes executor.time_limit=3600
  scinfovae-bench sweep experiment=at_hand_quick executor=slurm executor.partition=gpu
  scinfovae-bench sweep experiment=at_hand_quick --retry-failed
  scinfovae-bench sweep experiment=at_hand_quick --keep-imported     after 'store import'

repeat the command to go on after an interruption: what is done stays done. Runs that failed before
are left as they are unless --retry-failed is given. Words are those of 'run', executors are inline,
processes and slurm; with slurm the command returns when the jobs are submitted, and
'scinfovae-bench status' shows how far they are.
"""
TERMINATED = 128 + signal.SIGTERM


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe the verb.

    Parameters
    ----------
    parser
        Its parser.
    """
    add_words(parser, "KEY=VALUE", "what to run", complete_word)
    parser.add_argument(
        "--dry-run", action="store_true", help="list the runs, their status and their time"
    )
    parser.add_argument(
        "--retry-failed", action="store_true", help="redo the runs that failed before"
    )
    parser.add_argument(
        "--keep-imported", action="store_true", help="leave runs that were imported from elsewhere"
    )
    parser.add_argument("--force", action="store_true", help="redo runs that are finished")
    parser.add_argument("--json", action="store_true", help="print the results for machines")


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
    limit_threads_early(args.words)
    from scinfovae.bench.planning.plan import make_plan

    groups = make_plan(args.words)
    if args.dry_run:
        from scinfovae.cli.forecast import show_forecast

        return show_forecast(groups, as_json=args.json, keep_imported=args.keep_imported)
    kept = args.keep_imported
    return do_sweep(groups, args, retry_failed=args.retry_failed, keep_imported=kept)


def do_sweep(
    groups: Sequence[RunGroup],
    args: argparse.Namespace,
    *,
    retry_failed: bool,
    keep_imported: bool = False,
) -> int:
    """Do what is missing of a plan, and show what became of it.

    Parameters
    ----------
    groups
        The plan.
    args
        What was asked for.
    retry_failed
        Whether runs that failed before are done again.
    keep_imported
        Whether runs that were imported are left as they are.

    Returns
    -------
    The exit code.
    """
    from scinfovae.bench.executors.sweep import Wishes, run_sweep
    from scinfovae.bench.planning.experiments import experiment_of
    from scinfovae.bench.running.provenance import command_line
    from scinfovae.cli.counting import Counter
    from scinfovae.cli.sweep_results import as_plain, show_sweep

    wishes = Wishes(
        command=command_line(args.argv),
        experiment=experiment_of(args.words),
        force=args.force,
        retry_failed=retry_failed,
        keep_imported=keep_imported,
    )
    counter = Counter()

    def begin(found: Survey, manifest: Manifest, tasks: Sequence[Task]) -> None:
        _announce(found, manifest, tasks, counter, wishes.retry_failed or wishes.force)

    with ended_by_sigterm():
        report = run_sweep(groups, wishes, counter, begin)
    if args.json:
        print(json.dumps(as_plain(report), indent=1))
    else:
        show_sweep(report)
    return report.exit_code


def _announce(
    found: Survey, manifest: Manifest, tasks: Sequence[Task], counter: Counter, retries: bool
) -> None:
    """Say before the first run what is there and what will be done."""
    from scinfovae.cli.render import counted

    n_todo = sum(len(task.todo) for task in tasks)
    asked = f"{counted(found.n_runs, 'run')} ({found.told})"
    print(f"sweep {manifest.name}: {asked}", file=sys.stderr)
    failed = found.counts.get("failed before", 0)
    if failed and not retries:
        print(
            f"{failed} failed before and {'is' if failed == 1 else 'are'} left as "
            f"{'it is' if failed == 1 else 'they are'}; --retry-failed does them again",
            file=sys.stderr,
        )
    counter.begin(n_todo, _apart(found))


def _apart(found: Survey) -> dict[str, str]:
    """Say how runs of one dataset and method differ, where there are several; by identity."""
    from scinfovae.bench.records.manifest import variants_told

    runs = [next(one.expected()) for one in found.groups]
    names = [(run.dataset, run.method) for run in runs]
    told = zip(names, runs, variants_told(runs), strict=True)
    return {run.identity: how for name, run, how in told if names.count(name) > 1}


@contextlib.contextmanager
def ended_by_sigterm() -> Iterator[None]:
    """Take a polite request to end as an interruption: workers are ended with this process."""

    def leave(*_: Any) -> NoReturn:
        sys.exit(TERMINATED)

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
