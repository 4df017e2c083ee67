"""``scinfovae-bench datasets``: what exists, fetching it, and proving that it is what it says."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scinfovae.cli.render import number, size, table
from scinfovae.cli.words import complete_dataset
from scinfovae.data.registry import GROUPS, get_dataset, group_members, load_registry
from scinfovae.errors import ScInfoVAEError, UsageError, VerificationError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from scinfovae.bench.planning.plan import Recipe

UNREGISTERED = ("simulated", "figure4", "custom")
SUMMARY = "List, describe, fetch and verify datasets."
EXAMPLES = """\
examples:
  scinfovae-bench datasets list
  scinfovae-bench datasets info muraro
  scinfovae-bench datasets fetch paper15
  scinfovae-bench datasets fetch worm_neuron data.mirror=DIR
  scinfovae-bench datasets verify at_hand data.mirror=DIR
  scinfovae-bench datasets verify worm_neuron --predictions graph_sc_predictions.npz

verify checks hash, cells, genes and classes; with --predictions also that published clusterings
of the same cells get their published ARI and NMI, which proves labels, cell order and metrics.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe the verb.

    Parameters
    ----------
    parser
        Its parser.
    """
    parser.add_argument("action", choices=["list", "info", "fetch", "verify"])
    help_text = "datasets or sets (paper15, at_hand, small, all), and data.KEY=VALUE"
    words = parser.add_argument("words", nargs="*", metavar="NAME", help=help_text)
    words.completer = complete_dataset  # type: ignore[attr-defined]
    parser.add_argument("--predictions", type=Path, metavar="FILE", help="for verify")
    parser.add_argument("--index", type=Path, metavar="FILE", help="their published scores (CSV)")
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
    if args.predictions is not None and args.action != "verify":
        raise UsageError("--predictions goes with 'datasets verify'.")
    actions = {"list": _list, "info": _info, "fetch": _fetch, "verify": _verify}
    return actions[args.action](args)


def _names(words: Sequence[str], default: Sequence[str] | None = None) -> list[str]:
    """Take the names of datasets out of the words, sets expanded."""
    given = [word for word in words if "=" not in word]
    if not given and default is None:
        raise UsageError("name a dataset or a set, as in 'datasets fetch worm_neuron'.")
    names: list[str] = []
    for word in given or default or ():
        if word in UNREGISTERED:
            raise UsageError(
                f"'{word}' is no registered file: docs/data.md explains its keys dataset.*, and "
                f"'scinfovae-bench run dataset={word} --cfg' shows them all."
            )
        names += group_members(word) if word in GROUPS else [get_dataset(word).name]
    return list(dict.fromkeys(names))


def _list(args: argparse.Namespace) -> int:
    specs = [load_registry()[name] for name in _names(args.words, ("all",))]
    if args.json:
        print(json.dumps([asdict(spec) for spec in specs], indent=1))
        return 0
    rows = [
        (
            spec.name,
            str(spec.n_cells),
            str(spec.n_genes),
            str(spec.n_classes),
            spec.organism,
            spec.platform,
            ", ".join(spec.groups),
        )
        for spec in specs
    ]
    table("", ("dataset", "cells", "genes", "classes", "organism", "platform", "sets"), rows)
    print("\nand 'simulated', 'figure4', and 'custom' for a file of your own (dataset.path=FILE).")
    return 0


def _info(args: argparse.Namespace) -> int:
    specs = [load_registry()[name] for name in _names(args.words)]
    if args.json:
        print(json.dumps([asdict(spec) for spec in specs], indent=1))
        return 0
    for spec in specs:
        for key, value in asdict(spec).items():
            if value in (None, "", ()):
                continue
            shown = "\n  ".join(["", *value]) if key == "urls" else value
            shown = ", ".join(map(str, value)) if key in ("class_sizes", "groups") else shown
            print(f"{key}: {shown}" if key != "name" else f"{value}")
        print(f"below data.mirror: {', '.join(spec.mirror_names)}\n")
    return 0


def _recipes(args: argparse.Namespace) -> list[Recipe]:
    """Plan the datasets, so that their options are those of `run`."""
    from scinfovae.bench.planning.plan import make_plan

    names = ",".join(_names(args.words))
    options = [word for word in args.words if "=" in word]
    groups = make_plan([f"dataset={names}", "method=pca", *options])
    return [group.recipe for group in groups]


def _fetch(args: argparse.Namespace) -> int:
    from scinfovae.data.download import fetch
    from scinfovae.data.request import resolve_spec

    recipes, rows, failed = _recipes(args), [], None
    for recipe in recipes:
        request = recipe.dataset
        try:
            path = fetch(
                resolve_spec(request),
                cache_dir=request.cache_dir,
                mirror=request.mirror,
                offline=request.offline,
            )
            rows.append((request.name, "ok", size(path.stat().st_size), str(path)))
        except ScInfoVAEError as error:
            if len(recipes) == 1:
                raise
            failed = failed or error
            rows.append((request.name, "failed", "", str(error)))
    _print(args, ("dataset", "status", "size", "file"), rows)
    return failed.exit_code if failed else 0


def _verify(args: argparse.Namespace) -> int:
    from scinfovae.data.dataset import load_dataset

    recipes = _recipes(args)
    datasets, rows, failed = [], [], None
    for recipe in recipes:
        try:
            dataset = load_dataset(recipe.dataset)
        except ScInfoVAEError as error:
            if len(recipes) == 1:
                raise
            failed = failed or error
            rows.append((recipe.dataset.name, "failed", "", str(error)))
            continue
        cells, genes = dataset.adata.shape
        shape = f"{cells} × {genes}, {dataset.n_clusters} classes"
        rows.append((dataset.name, "ok", shape, dataset.content_hash))
        datasets.append(dataset)
    if args.predictions is None:
        _print(args, ("dataset", "status", "cells × genes", "git blob SHA-1"), rows)
        return failed.exit_code if failed else 0
    code = _verify_predictions(args, datasets)
    if failed:
        print(f"error: {failed}")
        return failed.exit_code
    return code


def _verify_predictions(args: argparse.Namespace, datasets: Sequence[Any]) -> int:
    from scinfovae.data.verify import verify_predictions

    checks = verify_predictions(args.predictions, datasets, args.index)
    if not checks:
        names = ", ".join(dataset.name for dataset in datasets)
        raise VerificationError(
            f"'{args.predictions}' holds no usable prediction for {names}; nothing was verified."
        )
    rows = [
        (
            check.key,
            number(check.ari_expected, 4),
            number(check.ari, 4),
            number(check.nmi_expected, 4),
            number(check.nmi, 4),
            "ok" if check.ok else "DIFFERS",
        )
        for check in checks
    ]
    heads = ("published clustering", "ARI published", "ARI", "NMI published", "NMI", "verdict")
    _print(args, heads, rows)
    wrong = sum(not check.ok for check in checks)
    if wrong:
        raise VerificationError(
            f"{wrong} of {len(checks)} published clusterings do not get their published scores."
        )
    if not args.json:
        print(f"all {len(checks)} published clusterings get their published scores to 4 decimals.")
    return 0


def _print(args: argparse.Namespace, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    if args.json:
        print(json.dumps([dict(zip(heads, row, strict=True)) for row in rows], indent=1))
    else:
        table("", heads, rows)
