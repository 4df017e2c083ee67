"""``scinfovae-bench methods``: what can be compared."""

from __future__ import annotations

import json
import re
import textwrap
from typing import TYPE_CHECKING, Any

from scinfovae.cli.render import table
from scinfovae.cli.words import complete_method
from scinfovae.errors import UsageError, how_to_install, install_command

if TYPE_CHECKING:
    import argparse

    from scinfovae.methods import MethodInfo

SUMMARY = "List the methods, or describe one with all its choices."
EXAMPLES = """\
examples:
  scinfovae-bench methods list
  scinfovae-bench methods info scinfovae
  scinfovae-bench methods list --json

A method of your own needs one file; see docs/methods.md.
"""
_WIDTH = 100


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
    if args.name is not None:
        raise UsageError(f"methods list shows them all; for one: methods info {args.name}.")
    if args.json:
        print(json.dumps([described(info) for info in METHODS.values()], indent=1))
        return 0
    columns = ("method", "kind", "needs K", "stochastic", "labels", "own recipe")
    rows = []
    for info in METHODS.values():
        told = described(info)
        flags = [_yes(told[key]) for key in ("needs_k", "stochastic")]
        recipe = _yes(info.own_recipe is not None)
        row = (info.name, info.kind, *flags, _labels(info), recipe)
        rows.append((*row, _published(info), _installed(info, told), info.summary))
    table("", (*columns, "published", "installed", "what it does"), rows)
    return 0


def described(info: MethodInfo) -> dict[str, Any]:
    """Say what is known of a method in plain values.

    Parameters
    ----------
    info
        The method.

    Returns
    -------
    What `MethodInfo` holds but its classes, every choice with its default and what it does,
    whether its packages are installed, and under `needs_k_with` the choice with which K enters
    where it does not otherwise.
    """
    from scinfovae.bench.planning.typed import plain
    from scinfovae.methods import config_class, missing_packages
    from scinfovae.methods.describe import parameters_of

    keys = ("name", "title", "version", "kind", "citation", "summary", "needs_k", "stochastic")
    rest = ("has_embedding", "own_labels", "own_recipe", "packages", "extra")
    parameters = [plain(parameter) for parameter in parameters_of(config_class(info))]
    searches = any(parameter["name"] == "search_resolution" for parameter in parameters)
    return {
        **{key: plain(getattr(info, key)) for key in (*keys, *rest)},
        "needs_k_with": "method.search_resolution=true" if searches else None,
        "own_recipe": None if info.own_recipe is None else plain(dict(info.own_recipe)),
        "installed": not missing_packages(info),
        "install": install_command(info.extra, info.packages),
        "parameters": parameters,
    }


def _info(args: argparse.Namespace) -> int:
    from scinfovae.bench.planning.typed import plain
    from scinfovae.methods import config_class, get_method

    if args.name is None:
        raise UsageError("methods info needs a name, as in 'methods info scinfovae'.")
    info = get_method(args.name)
    told = described(info)
    if args.json:
        print(json.dumps({**told, "config": plain(config_class(info)())}, indent=1))
        return 0
    parameters = told["parameters"]
    print(f"{info.title} ({info.name}, {info.kind}, version {info.version})")
    for text in (info.summary, info.citation):
        print(textwrap.fill(text, _WIDTH))
    print(f"\nneeds K:    {_needs_k(told)}")
    print(f"stochastic: {_yes(info.stochastic)}")
    print(f"labels:     {_labels(info)}")
    print(f"installed:  {_installed(info, told)}")
    print(f"input=own:  {_recipe(told['own_recipe'])}")
    print("\nchoices, set with method.KEY=VALUE:" if parameters else "\nnothing is to be chosen.")
    for parameter in parameters:
        print(f"  {parameter['name']} = {_value(parameter['default'])}")
        print(textwrap.indent(textwrap.fill(parameter["text"], _WIDTH - 6), " " * 6))
    return 0


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _installed(info: MethodInfo, told: dict[str, Any]) -> str:
    return "yes" if told["installed"] else f"no: {how_to_install(info.extra, info.packages)}"


def _needs_k(told: dict[str, Any]) -> str:
    """Say whether K enters, and with which choice it does where it need not."""
    if told["needs_k"] or told["needs_k_with"] is None:
        return _yes(told["needs_k"])
    return f"no; yes with {told['needs_k_with']}"


def _published(info: MethodInfo) -> str:
    """Give the authors and the year of the first citation."""
    first = info.citation.partition(";")[0]
    authors = re.match(r".*?\b\d{4}\b", first)
    return authors.group() if authors else first


def _labels(info: MethodInfo) -> str:
    """Say who labels the cells."""
    if not info.has_embedding:
        return "own only"
    return "own, clusterers" if info.own_labels else "clusterers"


def _recipe(recipe: dict[str, Any] | None) -> str:
    if recipe is None:
        return "the common input; it has no recipe of its own"
    changed = ", ".join(f"{key}={_value(value)}" for key, value in recipe.items())
    return textwrap.fill(changed or "the common input", _WIDTH, subsequent_indent=" " * 12)


def _value(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
