"""``scinfovae-bench embed``: put new cells into the embedding of a finished run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from scinfovae.cli.words import add_words, limit_threads_early
from scinfovae.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

SUMMARY = "Embed the cells of a file with the trained model of a run."
EXAMPLES = """\
examples:
  scinfovae-bench embed run=results/runs/worm_neuron/scinfovae/ID/seed=0 dataset.path=new.h5ad
  scinfovae-bench embed run=RECORD dataset.path=new.h5ad output=embedded.h5ad

The output holds the cells of the file with the embedding in obsm['X_scinfovae'] and the nearest
cluster in obs['scinfovae']. The counts must be of (nearly) the same genes as in training.
"""
KEYS = ("run", "dataset.path", "dataset.layout", "dataset.layer", "output")


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe the verb.

    Parameters
    ----------
    parser
        Its parser.
    """
    add_words(parser, "KEY=VALUE", f"{', '.join(KEYS)}", lambda **_: [f"{key}=" for key in KEYS])
    parser.add_argument("--force", action="store_true", help="overwrite the output")


def execute(args: argparse.Namespace) -> int:
    """Do the verb.

    Parameters
    ----------
    args
        What was asked for.

    Returns
    -------
    The exit code.
    """
    given = _read(args.words)
    record, path = Path(given["run"]).expanduser(), Path(given["dataset.path"]).expanduser()
    output = Path(given.get("output") or f"{path.stem}_embedded.h5ad").expanduser()
    _check(record, output, overwrite=args.force)
    limit_threads_early(args.words)
    import torch

    from scinfovae.bench.records.files import atomic_path
    from scinfovae.data.readers import read_counts
    from scinfovae.fitted import load_fitted

    torch.set_num_threads(1)
    model = load_fitted(record / "model.safetensors")
    layout: Any = given.get("dataset.layout")
    adata = read_counts(path, layout, (), layer=given.get("dataset.layer"))
    embedding = model.embed(adata)
    adata.obsm["X_scinfovae"] = embedding
    if len(model.centres):
        adata.obs["scinfovae"] = model.assign(embedding).astype(str)
        adata.obs["scinfovae"] = adata.obs["scinfovae"].astype("category")
    with atomic_path(output, "output=FILE") as temporary:
        adata.write_h5ad(temporary)
    print(f"{adata.n_obs} cells in {embedding.shape[1]} dimensions: {output}")
    return 0


def _read(words: Sequence[str]) -> dict[str, str]:
    """Read the words; their values are paths and taken as they stand."""
    given: dict[str, str] = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not equals or key not in KEYS:
            raise UsageError(
                f"'{word}' is not understood.{did_you_mean(key, KEYS)} "
                f"embed takes {', '.join(f'{name}=' for name in KEYS)}."
            )
        given[key] = value
    for key in ("run", "dataset.path"):
        if not given.get(key):
            raise UsageError(f"embed needs {key}=, as in run=RECORD_FOLDER dataset.path=F.h5ad.")
    return given


def _check(record: Path, output: Path, *, overwrite: bool) -> None:
    from scinfovae.errors import DataError

    if not record.is_dir():
        raise DataError(
            f"there is no record '{record}'; 'run' prints the folder of each record it writes."
        )
    if not (record / "model.safetensors").is_file():
        raise DataError(
            f"the record '{record}' holds no trained model: its method has none to keep, or it "
            "was run with results.keep_model=false (run it again with --force)."
        )
    if output.suffix != ".h5ad":
        raise UsageError(f"output={output} must end in .h5ad.")
    if output.exists() and not overwrite:
        raise UsageError(f"'{output}' exists; choose another output=FILE, or say --force.")
