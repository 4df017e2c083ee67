"""ScInfoVAE and its field behind one honest benchmark."""

from scinfovae._version import __version__

__all__ = ["__version__"]
