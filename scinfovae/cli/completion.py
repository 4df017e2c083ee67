"""``scinfovae-bench completion``: shell completion of verbs, names and flags."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

SUMMARY = "Print a script that teaches a shell to complete this command."
EXAMPLES = """\
examples:
  eval "$(scinfovae-bench completion bash)"              for this shell; or in ~/.bashrc
  eval "$(scinfovae-bench completion zsh)"
  scinfovae-bench completion fish | source
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe the verb.

    Parameters
    ----------
    parser
        Its parser.
    """
    parser.add_argument("shell", choices=["bash", "zsh", "fish"])


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
    import argcomplete

    print(argcomplete.shellcode(["scinfovae-bench"], shell=args.shell))
    return 0
