"""How alike the stored embeddings of a method's runs are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scinfovae.bench.records.store import RecordStore
from scinfovae.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

COLUMNS = ("dataset", "method", "title", "variant", "identity")


def consistency_frame(runs: pd.DataFrame, root: Path, stage: str = "final") -> pd.DataFrame:
    """Compare the layouts of the runs of every method and setting on the same data.

    Parameters
    ----------
    runs
        Rows of `scinfovae.bench.records.frame.runs_frame`.
    root
        The results folder they were read from; an export holds no embeddings.
    stage
        ``"final"`` or ``"pretrained"``.

    Returns
    -------
    One row for every dataset, method and identity with at least two finished runs: `COLUMNS`,
    ``n_runs``, ``n_pairs``, ``disparity`` (mean pairwise Procrustes disparity), ``disparity_sd``
    (over pairs) and ``message``, which says why there is none.
    """
    import pandas as pd

    from scinfovae.metrics.consistency import layout_consistency

    store = RecordStore(root)
    rows: list[dict[str, Any]] = []
    done = runs[runs["status"] == "ok"].drop_duplicates(["dataset", "method", "identity", "seed"])
    for _, group in done.groupby(["dataset", "method", "identity"], sort=False):
        first = group.iloc[0]
        found = [
            store.record(first["dataset"], first["method"], first["identity"], int(seed))
            for seed in sorted(group["seed"])
        ]
        records = [record for record in found if stage in record.stages()]
        if len(records) < 2:
            continue
        row = {column: first[column] for column in COLUMNS} | {"n_runs": len(records)}
        nothing = {"n_pairs": 0, "disparity": float("nan"), "disparity_sd": float("nan")}
        try:
            told = layout_consistency([record.embeddings()[stage] for record in records])
            row |= {"n_pairs": told.n_pairs, "disparity": told.mean, "disparity_sd": told.sd}
            row["message"] = ""
        except DataError as error:
            row |= {**nothing, "message": str(error)}
        rows.append(row)
    columns = [*COLUMNS, "n_runs", "n_pairs", "disparity", "disparity_sd", "message"]
    return pd.DataFrame(rows, columns=columns)
