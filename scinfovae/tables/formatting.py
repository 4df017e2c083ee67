"""How numbers are written in tables; nowhere else are they formatted."""

from __future__ import annotations

import math

NOTHING = "–"


def number(value: float, digits: int = 3) -> str:
    """Write a number with a fixed count of decimals.

    Parameters
    ----------
    value
        The number.
    digits
        Decimals.

    Returns
    -------
    The text; ``n/a`` for what is not finite, never ``-0.000``.
    """
    if not math.isfinite(value):
        return "n/a"
    return f"{round(value, digits) + 0.0:.{digits}f}"


def spread(mean: float, sd: float, digits: int = 3) -> str:
    """Write a mean and its standard deviation.

    Parameters
    ----------
    mean, sd
        The numbers; a standard deviation that is not finite (one seed) is left out.
    digits
        Decimals.

    Returns
    -------
    E.g. ``"0.512 ± 0.034"``.
    """
    told = number(mean, digits)
    return f"{told} ± {number(sd, digits)}" if math.isfinite(sd) else told


def signed(value: float, digits: int = 3) -> str:
    """Write a difference with its sign.

    Parameters
    ----------
    value
        The difference.
    digits
        Decimals.

    Returns
    -------
    E.g. ``"+0.013"``.
    """
    told = number(value, digits)
    is_positive = told != "n/a" and float(told) > 0
    return f"+{told}" if is_positive else told


def signed_spread(mean: float, sd: float, digits: int = 3) -> str:
    """Write a mean difference with its sign, and its standard deviation.

    Parameters
    ----------
    mean, sd
        The numbers; a standard deviation that is not finite is left out.
    digits
        Decimals.

    Returns
    -------
    E.g. ``"+0.013 ± 0.004"``.
    """
    told = signed(mean, digits)
    return f"{told} ± {number(sd, digits)}" if math.isfinite(sd) else told


def interval(low: float, high: float, digits: int = 3) -> str:
    """Write an interval.

    Parameters
    ----------
    low, high
        Its bounds.
    digits
        Decimals.

    Returns
    -------
    E.g. ``"0.412 to 0.534"``, or ``n/a``.
    """
    if not (math.isfinite(low) and math.isfinite(high)):
        return "n/a"
    return f"{number(low, digits)} to {number(high, digits)}"


def probability(value: float) -> str:
    """Write a p-value.

    Parameters
    ----------
    value
        In [0, 1].

    Returns
    -------
    Three decimals, or ``"< 0.001"``.
    """
    return "< 0.001" if value < 0.001 else number(value, 3)


def seconds(value: float) -> str:
    """Write a duration in seconds.

    Parameters
    ----------
    value
        Seconds.

    Returns
    -------
    Enough decimals to tell small ones apart; ``n/a`` for what is not known.
    """
    if not math.isfinite(value):
        return "n/a"
    return number(value, 0 if value >= 100 else 1 if value >= 10 else 2)


def gigabytes(n_bytes: float) -> str:
    """Write a number of bytes.

    Parameters
    ----------
    n_bytes
        How many.

    Returns
    -------
    In units of 10^9 bytes.
    """
    return number(n_bytes / 1e9, 2)
