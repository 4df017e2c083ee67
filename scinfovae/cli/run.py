"""``scinfovae-bench run``: do the runs that the words ask for, and show what came out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from scinfovae.cli.words import add_words, complete_word, limit_threads_early

if TYPE_CHECKING:
    import argparse

    from scinfovae.bench.planning.plan import RunGroup
    from scinfovae.bench.running.run import Session

SUMMARY = "Embed, cluster and score datasets; a run that is finished already is only shown."
EXAMPLES = """\
examples:
  scinfovae-bench run
  scinfovae-bench run dataset=muraro
  scinfovae-bench run dataset=worm_neuron seed=0,1,2 data.mirror=DIR results.dir=DIR
  scinfovae-bench run dataset=custom dataset.path=F.h5ad dataset.label_key=cell_type preset=quick
  scinfovae-bench run dataset=custom dataset.path=F.h5ad dataset.n_clusters=8    (no labels)
  scinfovae-bench run method=pca dataset=simulated
  scinfovae-bench run dataset=at_hand method=pca,scinfovae 'seed=range(5)' --dry-run
  scinfovae-bench run method.latent_dim=2,10 clusterers=[kmeans,leiden] preset=quick

words are key=value in Hydra's grammar: lists a,b, range(5), patterns such as dataset=*_top2000,
and the sets of datasets paper15, at_hand, small, all. All keys and defaults: --cfg.
presets: paper (default), literal, epochs1000, quick.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe the verb.

    Parameters
    ----------
    parser
        Its parser.
    """
    add_words(parser, "KEY=VALUE", "what to run", complete_word)
    parser.add_argument("--dry-run", action="store_true", help="list the runs and their status")
    parser.add_argument("--cfg", action="store_true", help="print the configuration and leave")
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
    from scinfovae.bench.planning.plan import make_plan

    limit_threads_early(args.words)
    groups = make_plan(args.words)
    if args.cfg:
        return _show_config(groups[0])
    if args.dry_run:
        return _dry_run(groups, as_json=args.json)
    from scinfovae.bench.executors.base import settings_of

    if settings_of(groups).executor.name != "inline":
        from scinfovae.cli.sweep import do_sweep

        return do_sweep(groups, args, retry_failed=True)
    from scinfovae.bench.running.provenance import command_line
    from scinfovae.bench.running.run import Session, run_groups
    from scinfovae.cli.progress import Watcher
    from scinfovae.cli.results import as_plain, show_results
    from scinfovae.figures.embedding import draw_record

    command = command_line(args.argv)
    session = Session(Watcher(), command=command, force=args.force, draw=draw_record)
    if sum(len(group.seeds) for group in groups) > 1:
        _write_manifest(groups, session, args.words)
    report = run_groups(groups, session)
    if args.json:
        print(json.dumps(as_plain(report), indent=1))
    else:
        show_results(report)
    return report.exit_code


def _write_manifest(groups: list[RunGroup], session: Session, words: list[str]) -> None:
    """Write down what is asked for, so that tables know of runs that will be missing."""
    from scinfovae.bench.executors.sweep import Wishes, announce
    from scinfovae.bench.planning.experiments import experiment_of
    from scinfovae.bench.running.listener import RunLog
    from scinfovae.bench.running.survey import survey

    found = survey(groups, session.cache, RunLog(session.listener))
    wishes = Wishes(session.command, experiment_of(words))
    needed = session.force or found.counts.get("done", 0) < found.n_runs
    announce(found, groups[0].recipe.settings.results.dir, wishes, needed=needed)


def _show_config(group: RunGroup) -> int:
    import yaml

    from scinfovae.bench.planning.typed import plain

    print(yaml.safe_dump({"seed": group.seeds[0], **plain(group.recipe.resolved)}, sort_keys=False))
    return 0


def _dry_run(groups: list[RunGroup], *, as_json: bool) -> int:
    """List every run with what would become of it; nothing is written."""
    from scinfovae.bench.running.listener import Listener, RunLog
    from scinfovae.bench.running.loading import DataCache
    from scinfovae.bench.running.lookup import identity_of, records_of, state_of
    from scinfovae.cli.render import counted, table

    cache, rows = DataCache(), []
    for group in groups:
        recipe = group.recipe
        name = identity_of(recipe, cache, RunLog(Listener()))
        for seed, record in records_of(recipe, name, group.seeds).items():
            row = (recipe.dataset.name, recipe.method.name, recipe.preset, seed, name)
            rows.append((*row, state_of(record, recipe)))
    columns = ("dataset", "method", "preset", "seed", "identity", "status")
    if as_json:
        listed: list[dict[str, Any]] = [dict(zip(columns, row, strict=True)) for row in rows]
        print(json.dumps(listed, indent=1))
        return 0
    table("", columns, [tuple(str(cell) for cell in row) for row in rows])
    counts = {state: sum(row[-1] == state for row in rows) for state in {row[-1] for row in rows}}
    told = ", ".join(f"{count} {state}" for state, count in sorted(counts.items()))
    print(f"{counted(len(rows), 'run')}: {told}; nothing was run.")
    return 0
