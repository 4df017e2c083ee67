"""The methods of the benchmark, one module each; ``docs/methods.md`` walks through a new one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scinfovae.methods.availability import missing_packages, require_packages
from scinfovae.methods.base import (
    InputKind,
    Method,
    MethodInfo,
    MethodResult,
    MissingPackageError,
    NotApplicableError,
)
from scinfovae.methods.each_seed import DivergedError, each_seed
from scinfovae.methods.registry import METHODS, get_method, import_plugins, register

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "METHODS",
    "DivergedError",
    "InputKind",
    "Method",
    "MethodInfo",
    "MethodResult",
    "MissingPackageError",
    "NotApplicableError",
    "config_class",
    "create",
    "each_seed",
    "get_method",
    "import_plugins",
    "missing_packages",
    "own_recipe",
    "register",
    "require_packages",
]


def config_class(info: MethodInfo) -> type:
    """Give the dataclass that holds every choice of a method.

    Parameters
    ----------
    info
        The method.

    Returns
    -------
    A frozen dataclass.
    """
    return info.config_class


def create(info: MethodInfo, config: Any) -> Method:
    """Configure a method.

    Parameters
    ----------
    info
        The method.
    config
        An instance of its config class.

    Returns
    -------
    The method, ready to be fitted.

    Raises
    ------
    MissingPackageError
        If a package it needs is not installed.
    """
    require_packages(info)
    return info.method_class(config)


def own_recipe(info: MethodInfo) -> Mapping[str, Any]:
    """Give the whole recipe by which the authors of a method prepare cells.

    Parameters
    ----------
    info
        A method; of one without a recipe of its own it is the common one.

    Returns
    -------
    Every key of `PreprocessingConfig` with its value.
    """
    from dataclasses import asdict

    from scinfovae.data.preprocessing.config import PreprocessingConfig

    return asdict(PreprocessingConfig(**(info.own_recipe or {})))
