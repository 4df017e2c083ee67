"""The clusterers that are asked for, with every parameter resolved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from scinfovae.bench.planning.identity import short_hash
from scinfovae.bench.planning.typed import build, plain
from scinfovae.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class ClustererRequest:
    """A clusterer with every parameter resolved.

    Attributes
    ----------
    name
        E.g. ``"kmeans"``, or ``"own"`` for labels the method assigns.
    params
        Its parameters.
    is_default
        Whether they are the clusterer's own defaults.
    """

    name: str
    params: Mapping[str, Any]
    is_default: bool = True

    @property
    def key(self) -> str:
        """The name in records: with a hash of the parameters where they are not the defaults."""
        return self.name if self.is_default else f"{self.name}@{short_hash(self.params, 8)}"


def clusterers_of(names: Any, clustering: Mapping[str, Any]) -> tuple[ClustererRequest, ...]:
    """Read the clusterers of a configuration.

    Parameters
    ----------
    names
        The value of ``clusterers``: a name or a list of names.
    clustering
        The config group ``clustering``: parameters by name.

    Returns
    -------
    The clusterers, each once.

    Raises
    ------
    UsageError
        If a name or a parameter does not exist, or no name is given.
    """
    return tuple(_clusterer(name, clustering) for name in _clusterer_names(names))


def _clusterer_names(names: Any) -> list[str]:
    from scinfovae.clustering import CLUSTERERS

    wanted = [names] if isinstance(names, str) else names
    if not isinstance(wanted, list) or not wanted:
        raise UsageError(f"clusterers={names} must be a list of names, as in clusterers=[kmeans].")
    for name in wanted:
        if name not in CLUSTERERS:
            raise UsageError(
                f"there is no clusterer '{name}'.{did_you_mean(str(name), CLUSTERERS)} "
                f"Known are {', '.join(CLUSTERERS)}."
            )
    return list(dict.fromkeys(wanted))


def _clusterer(name: str, clustering: Mapping[str, Any]) -> ClustererRequest:
    from scinfovae.clustering import CLUSTERERS

    for key in clustering:
        if key not in CLUSTERERS:
            raise UsageError(
                f"there is no key 'clustering.{key}'.{did_you_mean(key, CLUSTERERS)} "
                f"Known are {', '.join(CLUSTERERS)}."
            )
    config = CLUSTERERS[name]
    chosen = build(config, clustering.get(name) or {}, f"clustering.{name}")
    return ClustererRequest(name, plain(chosen), is_default=chosen == config())
