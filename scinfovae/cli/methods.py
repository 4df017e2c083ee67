"""``scinfovae-bench methods``: what can be compared."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from scinfovae.cli.render import table
from scinfovae.cli.words import complete_method
from scinfovae.errors import UsageError

if TYPE_CHECKING:
    import argparse

SUMMARY = "List the methods, or describe one with all its choices."
EXAMPLES = """\
examples:
  scinfovae-bench methods list
  scinfovae-bench methods info scinfovae
  scinfovae-bench methods list --json
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe the verb.

    Parameters
    ----------
    parser
        Its parser.
    """
    parser.add_argument("action", choices=["list", "info"])
    name = parser.add_argument("name", nargs="?", metavar="METHOD", help="for info")
    name.completer = complete_method  # type: ignore[attr-defined]
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
    from scinfovae.methods import METHODS

    if args.action == "info":
        return _info(args)
    described = [_public(asdict(info)) for info in METHODS.values()]
    if args.json:
        print(json.dumps(described, indent=1))
        return 0
    rows = [
        (
            info.name,
            str(info.version),
            "yes" if info.needs_k else "no",
            "yes" if info.stochastic else "no",
            info.summary,
        )
        for info in METHODS.values()
    ]
    table("", ("method", "version", "needs K", "stochastic", "what it does"), rows)
    return 0


def _public(info: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in info.items() if not key.endswith("_class")}


def _info(args: argparse.Namespace) -> int:
    from scinfovae.bench.typed import plain
    from scinfovae.methods import config_class, get_method

    if args.name is None:
        raise UsageError("methods info needs a name, as in 'methods info scinfovae'.")
    info = get_method(args.name)
    config = plain(config_class(info)())
    if args.json:
        print(json.dumps({**_public(asdict(info)), "config": config}, indent=1))
        return 0
    import yaml

    print(f"{info.title} ({info.name}, version {info.version})\n{info.summary}\n{info.citation}\n")
    print("choices, set with method.KEY=VALUE:")
    print(yaml.safe_dump(config, sort_keys=False), end="")
    return 0
