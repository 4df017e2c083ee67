"""Contents to one HTML page that needs nothing else and fetches nothing."""

from __future__ import annotations

import base64
import functools
import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Environment

    from scinfovae.report.contents import Contents

_TEMPLATES = Path(__file__).resolve().parent / "templates"


def render(contents: Contents) -> str:
    """Write the page.

    Parameters
    ----------
    contents
        What it shows.

    Returns
    -------
    HTML; equal contents give equal text. Its content security policy allows the page's own style
    and script, known by their hashes, and images inside it: nothing is fetched, and no other
    script would run even if one found its way into a name.
    """
    from markupsafe import Markup

    style, script = (_asset(name) for name in ("style.css", "script.js"))
    policy = "; ".join(
        (
            "default-src 'none'",
            "img-src data:",
            f"style-src {_hashed(style)}",
            f"script-src {_hashed(script)}",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )
    # ours, and part of the package; all that comes from records is escaped
    own = {"style": Markup(style), "script": Markup(script)}
    page = _environment().get_template("page.html.j2")
    return page.render(c=contents, policy=policy, **own) + "\n"


@functools.cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    made = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["breakable"] = breakable
    made.filters["plural"] = plural
    return made


def breakable(text: str) -> str:
    """Let a long name break after its underscores and slashes.

    Parameters
    ----------
    text
        Any text.

    Returns
    -------
    The escaped text as markup, with places where a line may break.
    """
    from markupsafe import Markup, escape

    parts = [escape(part) for part in re.split(r"(?<=[_/])(?=[^_/])", text)]
    return Markup("<wbr>").join(parts)


def plural(count: int, one: str, many: str = "") -> str:
    """Write a count with its noun.

    Parameters
    ----------
    count
        How many.
    one, many
        The noun; an s is added where no plural is given.

    Returns
    -------
    E.g. ``"1 run"``, ``"3 runs"``.
    """
    return f"{count} {one if count == 1 else many or one + 's'}"


@functools.cache
def _asset(name: str) -> str:
    return (_TEMPLATES / name).read_text(encoding="utf-8")


def _hashed(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
