"""Refusals that the configs of several methods share."""

from __future__ import annotations

import math
from typing import Any

from scinfovae.errors import UsageError


def check_at_least(config: Any, *, or_null: bool = False, **least: float) -> None:
    """Refuse numbers that are too small, infinite or not a number.

    Parameters
    ----------
    config
        A dataclass of choices.
    or_null
        Whether null has a meaning too.
    **least
        For each key the smallest value that has a meaning.

    Raises
    ------
    UsageError
        Naming the key and its value.
    """
    for key, low in least.items():
        value = getattr(config, key)
        if value is None and or_null:
            continue
        if not low <= value < math.inf:
            number = "" if math.isfinite(value) else "a finite number of "
            others = ", or null" if or_null else ""
            raise UsageError(f"{key}={value} must be {number}at least {low:g}{others}.")


def check_above_zero(config: Any, *keys: str) -> None:
    """Refuse numbers that are not above 0; see `check_at_least`."""
    for key in keys:
        value = getattr(config, key)
        if not 0 < value < math.inf:
            raise UsageError(f"{key}={value} must be a finite number above 0.")


def check_fraction(config: Any, *keys: str) -> None:
    """Refuse shares outside of [0, 1); see `check_at_least`."""
    for key in keys:
        value = getattr(config, key)
        if not 0 <= value < 1:
            raise UsageError(f"{key}={value} must lie from 0 to below 1.")


def check_widths(config: Any, *keys: str) -> None:
    """Refuse lists of layer widths that are empty or hold a layer without units."""
    for key in keys:
        widths = getattr(config, key)
        if not widths or min(widths) < 1:
            raise UsageError(f"{key}={list(widths)} must name at least one positive width.")
