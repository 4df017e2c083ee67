"""The columns of the frame of runs, and the row of a run of which only the name is known."""

from __future__ import annotations

from typing import Any

# column -> its dtype in the frame; what is not there is "" or NaN
COLUMNS = {
    "dataset": "str",
    "dataset_base": "str",
    "data_variant": "str",
    "method": "str",
    "title": "str",
    "setting": "str",
    "variant": "str",
    "preset": "str",
    "short": "bool",
    "identity": "str",
    "seed": "int",
    "status": "str",
    "stage": "str",
    "message": "str",
    "collapsed": "bool",
    "n_cells": "float",
    "n_genes": "float",
    "n_clusters": "float",
    "content_hash": "str",
    "device": "str",
    "numerics": "str",
    "stack_width": "float",
    "threads": "float",
    "seconds_load": "float",
    "seconds_preprocess": "float",
    "seconds_fit": "float",
    "peak_memory_bytes": "float",
    "gpu_peak_memory_bytes": "float",
    "started": "str",
    "version": "str",
    "git_commit": "str",
    "sweep": "str",
    "experiment": "str",
    "config": "str",
    "provenance": "str",
    "metrics": "str",
    "folder": "str",
}
NAME = ("dataset", "method", "identity", "seed")
RunName = tuple[str, str, str, int]  # the values of NAME
EMPTY: dict[str, Any] = {"str": "", "bool": False, "int": 0, "float": float("nan")}


def empty_row(dataset: str, method: str, identity: str, seed: int) -> dict[str, Any]:
    """Start the row of a run of which only the name is known.

    Parameters
    ----------
    dataset, method, identity, seed
        Its name.

    Returns
    -------
    A value for every column of `COLUMNS`.
    """
    row = {column: EMPTY[kind] for column, kind in COLUMNS.items()}
    named = {"dataset": dataset, "method": method, "identity": identity, "seed": seed}
    told = {"dataset_base": dataset_base(dataset), "title": method_title(method)}
    nothing = dict.fromkeys(("config", "provenance", "metrics"), "{}")
    return {**row, **named, **told, **nothing, "status": "missing"}


def dataset_base(dataset: str) -> str:
    """Name the full dataset of which one is a reduced copy.

    Parameters
    ----------
    dataset
        Any dataset.

    Returns
    -------
    The registered parent, or the dataset itself.
    """
    from scinfovae.data.registry import load_registry

    spec = load_registry().get(dataset)
    return dataset if spec is None or spec.variant_of is None else spec.variant_of


def method_title(method: str) -> str:
    """Give the name of a method in tables.

    Parameters
    ----------
    method
        Its id.

    Returns
    -------
    Its title; the id itself for a method that is not known here.
    """
    from scinfovae.methods import METHODS

    info = METHODS.get(method)
    return method if info is None else info.title
