"""Where the configuration files lie: in a checkout at its top, in a wheel inside the package."""

from __future__ import annotations

from pathlib import Path


def resource_path(name: str) -> Path:
    """Find a resource shipped with the project.

    Parameters
    ----------
    name
        ``"configs"`` or ``"datasets.yaml"``.

    Returns
    -------
    The path of the file or folder.

    Raises
    ------
    FileNotFoundError
        If neither the installed package nor a checkout holds it.
    """
    package = Path(__file__).resolve().parent
    for folder in (package / "_resources", package.parent):
        if (folder / name).exists():
            return folder / name
    raise FileNotFoundError(f"the installation is incomplete: '{name}' is missing; reinstall.")
