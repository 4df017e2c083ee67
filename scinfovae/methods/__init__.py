"""The methods of the benchmark by name; their code is imported only when one is fitted."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from scinfovae.errors import UsageError, did_you_mean
from scinfovae.methods.base import Method, MethodInfo, MethodResult, NotApplicableError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "METHODS",
    "Method",
    "MethodInfo",
    "MethodResult",
    "NotApplicableError",
    "config_class",
    "create",
    "get_method",
]

METHODS: dict[str, MethodInfo] = {
    info.name: info
    for info in (
        MethodInfo(
            name="scinfovae",
            title="ScInfoVAE",
            version=1,
            citation="Pan, Long & Pan 2023, BioData Mining 16:17, doi 10.1186/s13040-023-00333-1",
            summary=(
                "Variational autoencoder of the counts with extended mutual information "
                "regularisation, fine-tuned by self-training on K clusters."
            ),
            needs_k=True,
            stochastic=True,
            method_class="scinfovae.methods.scinfovae:ScInfoVAEMethod",
            config_class="scinfovae.model.config:ModelConfig",
        ),
        MethodInfo(
            name="pca",
            title="PCA",
            version=1,
            citation="Pearson 1901, Philosophical Magazine 2:559, doi 10.1080/14786440109462720",
            summary="Principal components of the scaled matrix: the baseline to beat.",
            needs_k=False,
            stochastic=False,
            method_class="scinfovae.methods.pca:PCAMethod",
            config_class="scinfovae.methods.pca:PCAConfig",
        ),
    )
}


def get_method(name: str) -> MethodInfo:
    """Look one method up.

    Parameters
    ----------
    name
        Its name, e.g. ``"pca"``.

    Returns
    -------
    What is known of it without importing its code.

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


def _load(dotted: str) -> Any:
    module, _, attribute = dotted.partition(":")
    return getattr(importlib.import_module(module), attribute)


def config_class(info: MethodInfo) -> type:
    """Import the dataclass that holds every choice of a method.

    Parameters
    ----------
    info
        The method.

    Returns
    -------
    A frozen dataclass.
    """
    found: type = _load(info.config_class)
    return found


def create(info: MethodInfo, config: Any) -> Method:
    """Import a method and configure it.

    Parameters
    ----------
    info
        The method.
    config
        An instance of its config class.

    Returns
    -------
    The method, ready to be fitted.
    """
    build: Callable[[Any], Method] = _load(info.method_class)
    return build(config)
