"""How the partitions scored of which a method's own labels are the consensus."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scinfovae.bench.running.loading import LoadedData
    from scinfovae.methods import MethodResult


def score_members(metrics: dict[str, Any], result: MethodResult, data: LoadedData) -> None:
    """Score every partition behind a consensus against the first reference labelling.

    Parameters
    ----------
    metrics
        The contents of ``metrics.json``; gains ``members`` with equally long lists ``ari`` and
        ``nmi``. Nothing where there are no such partitions or no labels.
    result
        What the method returned.
    data
        What was run on.
    """
    from scinfovae.metrics import external_scores

    if not result.members or not data.dataset.label_keys:
        return
    reference = data.references[data.dataset.label_keys[0]]
    scored = [external_scores(reference, partition) for partition in result.members]
    metrics["members"] = {metric: [s[metric] for s in scored] for metric in ("ari", "nmi")}
