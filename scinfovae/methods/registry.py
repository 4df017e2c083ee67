"""Which methods there are: those of the package, of installed plug-ins, and of the command."""

from __future__ import annotations

import importlib
import pkgutil
import sys
import warnings
from collections.abc import MutableMapping
from typing import TYPE_CHECKING, Any

from scinfovae.errors import ScInfoVAEWarning, UsageError, did_you_mean
from scinfovae.methods.base import KINDS, MethodInfo

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ENTRY_POINTS = "scinfovae.methods"


class Registry(MutableMapping[str, MethodInfo]):
    """Methods by name; they are looked for when the first of them is asked for.

    ScInfoVAE comes first, then learned methods, ablations, baselines and controls by name, then
    those of plug-ins in the order in which they were met.
    """

    def __init__(self) -> None:
        self._found: dict[str, MethodInfo] | None = None

    def _methods(self) -> dict[str, MethodInfo]:
        if self._found is None:
            shipped = sorted(_shipped(), key=_place)
            self._found = {info.name: info for info in shipped}
            for info in _of_entry_points():
                try:
                    self.add(info)
                except UsageError as error:
                    warnings.warn(f"a plug-in is left out: {error}", ScInfoVAEWarning, stacklevel=3)
        return self._found

    def add(self, info: MethodInfo) -> None:
        """Add a method; one and the same may be added again.

        Raises
        ------
        UsageError
            If another method has its name.
        """
        there = self._methods().get(info.name)
        if there is not None and _origin(there) != _origin(info):
            raise UsageError(
                f"there are two methods '{info.name}', of {_origin(there)[0]} and of "
                f"{_origin(info)[0]}; rename one."
            )
        self._methods()[info.name] = info

    def __getitem__(self, name: str) -> MethodInfo:
        return self._methods()[name]

    def __setitem__(self, name: str, info: MethodInfo) -> None:
        self._methods()[name] = info

    def __delitem__(self, name: str) -> None:
        del self._methods()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._methods())

    def __len__(self) -> int:
        return len(self._methods())


METHODS = Registry()


def register(info: MethodInfo) -> MethodInfo:
    """Make a method known to this process, e.g. at the end of a module named by ``plugins``.

    Parameters
    ----------
    info
        The method.

    Returns
    -------
    The same.

    Raises
    ------
    UsageError
        If another method has its name.
    """
    METHODS.add(info)
    return info


def import_plugins(modules: Iterable[str]) -> None:
    """Import modules that hold methods outside the package, and register their ``INFO``.

    Parameters
    ----------
    modules
        Names such as ``my_package.my_method``, found as Python finds modules, at last in the
        current folder.

    Raises
    ------
    UsageError
        If one cannot be imported or holds no method.
    """
    for name in modules:
        try:
            if "" not in sys.path:
                sys.path.append("")  # the current folder, where a first try usually lies
            module = importlib.import_module(name)
        except Exception as error:
            raise UsageError(
                f"plugins=[{name}] cannot be imported ({type(error).__name__}: {error}); give "
                "the name of a module that is installed, on PYTHONPATH or in the current folder."
            ) from error
        infos = infos_of(module)
        if not infos and not any(_origin(info)[0] == name for info in METHODS.values()):
            raise UsageError(
                f"plugins=[{name}]: the module registers no method; give it an "
                "INFO = MethodInfo(...)."
            )
        for info in infos:
            register(info)


def infos_of(module: Any) -> tuple[MethodInfo, ...]:
    """Read what a module says of its methods.

    Parameters
    ----------
    module
        A module with ``INFO``, one `MethodInfo` or several in a tuple; others hold none.

    Returns
    -------
    The methods.
    """
    found = getattr(module, "INFO", ())
    return (found,) if isinstance(found, MethodInfo) else tuple(found)


def get_method(name: str) -> MethodInfo:
    """Look one method up.

    Parameters
    ----------
    name
        Its name, e.g. ``"pca"``.

    Returns
    -------
    What is known of it.

    Raises
    ------
    UsageError
        If there is none of that name.
    """
    if name not in METHODS:
        raise UsageError(
            f"there is no method '{name}'.{did_you_mean(name, METHODS)} "
            f"Known are {', '.join(METHODS)}."
        )
    return METHODS[name]


def _shipped() -> Iterator[MethodInfo]:
    import scinfovae.methods as package

    for module in pkgutil.iter_modules(package.__path__):
        if not module.name.startswith("_"):
            yield from infos_of(importlib.import_module(f"{package.__name__}.{module.name}"))


def _of_entry_points() -> Iterator[MethodInfo]:
    from importlib.metadata import entry_points

    for point in entry_points(group=ENTRY_POINTS):
        try:
            found = point.load()
            yield from (found,) if isinstance(found, MethodInfo) else infos_of(found)
        except Exception as error:
            # a broken plug-in must not take the other methods with it
            warnings.warn(
                f"the plug-in '{point.name}' ({point.value}) is left out, it cannot be loaded "
                f"({type(error).__name__}: {error}).",
                ScInfoVAEWarning,
                stacklevel=4,
            )


def _place(info: MethodInfo) -> tuple[bool, int, str]:
    return info.name != "scinfovae", KINDS.index(info.kind), info.name


def _origin(info: MethodInfo) -> tuple[str, str]:
    build: Any = info.method_class
    return str(build.__module__), str(getattr(build, "__qualname__", repr(build)))
