"""The command ``scinfovae-bench``: find the verb, do it, and turn errors into exit codes."""

# PYTHON_ARGCOMPLETE_OK

from __future__ import annotations

import argparse
import os
import sys
import warnings
from typing import TYPE_CHECKING, NoReturn

from scinfovae._version import __version__
from scinfovae.cli import (
    completion,
    datasets,
    doctor,
    embed,
    figures,
    methods,
    report,
    reproduce,
    run,
    score,
    status,
    store,
    sweep,
    tables,
)
from scinfovae.errors import ScInfoVAEError, ScInfoVAEWarning, UsageError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Sequence

VERBS = {
    "run": run,
    "sweep": sweep,
    "status": status,
    "datasets": datasets,
    "methods": methods,
    "embed": embed,
    "score": score,
    "store": store,
    "tables": tables,
    "figures": figures,
    "reproduce": reproduce,
    "report": report,
    "doctor": doctor,
    "completion": completion,
}
FLAGS = (
    "--dry-run",
    "--retry-failed",
    "--cfg",
    "--force",
    "--json",
    "--from",
    "--out",
    "--sweep",
    "--stage",
    "--allow-partial",
    "--recompute",
    "--recluster",
    "--superseded",
    "--downloads",
    "--yes",
    "--predictions",
    "--index",
    "--figures",
    "--run-missing",
    "--list",
    "--offline",
)
TAKE_A_VALUE = ("--from", "--out", "--sweep", "--stage", "--predictions", "--index", "--figures")
INTERRUPTED = 130

DESCRIPTION = """\
Run ScInfoVAE and the methods it is compared with on single-cell data, and keep a record of
every run. Start with:

  scinfovae-bench run                        the main job on simulated counts
  scinfovae-bench run dataset=worm_neuron    ... on one of the paper's datasets
  scinfovae-bench datasets list              what can be downloaded
  scinfovae-bench VERB -h                    examples for each verb
"""
EXIT_CODES = """\
exit codes: 0 done, 1 some runs failed, 2 usage or configuration, 3 data or network,
4 a verification failed, 130 interrupted
"""


class Parser(argparse.ArgumentParser):
    """A parser whose errors are `UsageError` with a suggestion."""

    def error(self, message: str) -> NoReturn:
        """Raise instead of printing the usage and leaving."""
        hint = ""
        unknown = message.partition("unrecognized arguments: ")[2].split()
        if unknown:
            hint = did_you_mean(unknown[0], FLAGS)
        raise UsageError(f"{message}.{hint} See '{self.prog} -h'.")


def build_parser() -> Parser:
    """Describe all verbs.

    Returns
    -------
    The parser.
    """
    layout = argparse.RawDescriptionHelpFormatter
    parser = Parser(
        prog="scinfovae-bench",
        description=DESCRIPTION,
        epilog=EXIT_CODES,
        formatter_class=layout,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"scinfovae {__version__}")
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", title="verbs", parser_class=Parser)
    for name, module in VERBS.items():
        one = verbs.add_parser(
            name,
            help=module.SUMMARY,
            description=module.SUMMARY,
            epilog=module.EXAMPLES,
            formatter_class=layout,
            allow_abbrev=False,
        )
        module.configure(one)
        one.add_argument(
            "--traceback", action="store_true", help="show where an unexpected error came from"
        )
    return parser


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """Read a command line; flags and words may come in any order.

    Parameters
    ----------
    argv
        Words after the program.

    Returns
    -------
    What was asked for.

    Raises
    ------
    UsageError
        If a verb, flag or argument is unknown.
    """
    parser = build_parser()
    if argv and not argv[0].startswith("-") and argv[0] not in VERBS:
        raise UsageError(
            f"there is no verb '{argv[0]}'.{did_you_mean(argv[0], VERBS)} "
            f"Verbs are {', '.join(VERBS)}."
        )
    if "_ARGCOMPLETE" in os.environ:
        import argcomplete

        argcomplete.autocomplete(parser, always_complete_options=False)
    # argparse stops at the first flag between words; sorting them keeps both usable in any order
    flags: list[str] = []
    words: list[str] = []
    for i, word in enumerate(argv):
        belongs = i > 0 and argv[i - 1] in TAKE_A_VALUE
        (flags if belongs or word.startswith("-") else words).append(word)
    return parser.parse_args([*words, *flags])


def main(argv: Sequence[str] | None = None) -> int:
    """Do what the command line says.

    Parameters
    ----------
    argv
        Words after the program; those of the process by default.

    Returns
    -------
    The exit code.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    show_traceback = "--traceback" in words or bool(os.environ.get("SCINFOVAE_TRACEBACK"))
    try:
        with warnings.catch_warnings():
            _plain_warnings()
            args = parse(words)
            if args.verb is None:
                build_parser().print_help()
                return UsageError.exit_code
            args.argv = words
            code = VERBS[args.verb].execute(args)
            sys.stdout.flush()
            return code
    except KeyboardInterrupt:
        print("\ninterrupted; repeat the command to go on", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # the reader has left; keep the interpreter from complaining when it flushes
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except ScInfoVAEError as error:
        if show_traceback:
            raise
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    except Exception as error:
        if show_traceback:
            raise
        print(
            f"error: unexpected {type(error).__name__}: {error}\n"
            "This is a defect; repeat the command with --traceback to see where.",
            file=sys.stderr,
        )
        return 1


def _plain_warnings() -> None:
    """Show what is meant for users as a sentence, and keep what is meant for developers back."""
    if not sys.warnoptions:
        for category in (DeprecationWarning, FutureWarning, PendingDeprecationWarning):
            warnings.simplefilter("ignore", category)
    warnings.simplefilter("always", ScInfoVAEWarning)

    def show(message: Warning | str, *_: object, **__: object) -> None:
        print(f"warning: {message}", file=sys.stderr)

    warnings.showwarning = show


if __name__ == "__main__":
    sys.exit(main())
