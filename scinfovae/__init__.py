"""ScInfoVAE and its field behind one honest benchmark."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scinfovae._version import __version__

if TYPE_CHECKING:
    from scinfovae.estimator import ScInfoVAE

__all__ = ["ScInfoVAE", "__version__"]


def __getattr__(name: str) -> Any:
    # torch and scanpy take seconds to import; the command line must answer in less
    if name == "ScInfoVAE":
        from scinfovae.estimator import ScInfoVAE

        return ScInfoVAE
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
