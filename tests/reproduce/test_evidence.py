"""What counts as evidence, and what is told about the rest."""

from __future__ import annotations

import pytest

from scinfovae.reproduce.evidence import cells_of


def counted(runs) -> list[tuple[str, str, int]]:
    kept = runs.evidence().runs
    return list(kept[["dataset", "method", "seed"]].itertuples(index=False, name=None))


def test_finished_runs_of_registered_data_count(runs) -> None:
    runs.add("worm_neuron", "pca")
    assert counted(runs) == [("worm_neuron", "pca", seed) for seed in (0, 1, 2)]
    assert runs.evidence().left_out == ()


@pytest.mark.parametrize("dataset", ["simulated", "custom", "../../etc", "a|b\n=cmd"])
def test_other_data_do_not(runs, dataset) -> None:
    runs.add(dataset, "pca")
    assert counted(runs) == []
    assert runs.evidence().left_out == (
        f"3 runs on data that are none of the registered ones ({dataset})",
    )


def test_short_presets_do_not(runs) -> None:
    runs.add("worm_neuron", "scinfovae", preset="quick", short=True, seeds=[0])
    runs.add("worm_neuron", "pca")
    assert {method for _, method, _ in counted(runs)} == {"pca"}
    assert runs.evidence().left_out == ("1 run of short presets, which are no evidence",)


@pytest.mark.parametrize("status", ["failed", "nan", "oom", "timeout", "killed", "missing"])
def test_a_cell_with_an_unfinished_run_counts_not_at_all(runs, status) -> None:
    runs.add("worm_neuron", "pca", seeds=[0, 1])
    runs.add("worm_neuron", "pca", seeds=[2], status=status)
    runs.add("adam", "pca")
    assert {dataset for dataset, _, _ in counted(runs)} == {"adam"}
    evidence = runs.evidence()
    assert evidence.left_out == (f"worm_neuron × pca: 2 of 3 runs done (1 {status}), incomplete",)
    assert evidence.has_failures == (status != "missing")
    assert set(evidence.scores["dataset"]) == {"adam"}


def test_a_method_that_cannot_be_used_is_told(runs) -> None:
    runs.add("worm_neuron", "scvi", status="not_applicable")
    assert counted(runs) == []
    assert runs.evidence().left_out == ("worm_neuron × scvi: not applicable",)
    assert not runs.evidence().has_failures


def test_a_collapsed_run_is_a_finished_run(runs) -> None:
    runs.add("worm_neuron", "scinfovae", collapsed=True)
    assert len(counted(runs)) == 3


@pytest.mark.parametrize(
    ("variant", "k", "told"),
    [
        ("label_key=other", 10.0, "with other labels (label_key=other)"),
        ("label_key=[other,Y]", 10.0, "with other labels (label_key=[other,Y])"),
        ("n_clusters=7", 7.0, "with another K (n_clusters=7)"),
        ("git_blob_sha1=" + "0" * 40, 10.0, "on another version of worm_neuron"),
        ("n_cells=5", 10.0, "on another version of worm_neuron (n_cells=5)"),
        ("something_new=1", 10.0, "on another version of worm_neuron (something_new=1)"),
        ("fraction=all", 10.0, "on another version of worm_neuron (fraction=all)"),
        ("fraction=nan", 10.0, "on another version of worm_neuron (fraction=nan)"),
    ],
)
def test_what_was_changed_about_a_dataset_makes_it_another_one(runs, variant, k, told) -> None:
    runs.add("worm_neuron", "pca", data_variant=variant, n_clusters=k)
    assert counted(runs) == []
    assert told in runs.evidence().left_out[0]


@pytest.mark.parametrize(
    "variant", ["urls=[http://x.org/f]", "label_key=[Y,other]", "n_clusters=10", "size_bytes=5"]
)
def test_what_changes_neither_cells_nor_labels_nor_k_is_the_same_dataset(runs, variant) -> None:
    runs.add("worm_neuron", "pca", data_variant=variant)
    assert len(counted(runs)) == 3


def test_shares_of_the_cells_are_kept_apart(runs) -> None:
    runs.add("worm_neuron", "pca")
    runs.add("worm_neuron", "pca", data_variant="fraction=0.25")
    runs.add("worm_neuron", "pca", data_variant="fraction=0.25, fraction_seed=3")
    evidence = runs.evidence()
    assert sorted(evidence.runs["fraction"].unique()) == [0.25, 1.0]
    assert len(list(cells_of(evidence, "pca"))) == 1
    assert len(list(cells_of(evidence, "pca", fraction=0.25))) == 2


def test_of_two_versions_of_the_code_the_last_counts(runs) -> None:
    runs.add("worm_neuron", "pca", setting="aaaaaaaa", identity="1" * 16)
    late = {"setting": "bbbbbbbb", "identity": "2" * 16, "started": "2026-02-01T00:00:00+00:00"}
    runs.add("worm_neuron", "pca", **late)
    assert set(runs.evidence().runs["setting"]) == {"bbbbbbbb"}
    assert runs.evidence().left_out == ("3 runs of pca by an older version of the code",)


def test_scores_are_those_of_the_final_stage_with_the_primary_labels(runs) -> None:
    runs.add("worm_neuron", "pca", seeds=[0])
    runs.add("adam", "pca", seeds=[0], label_key="max")
    evidence = runs.evidence()
    external = evidence.scores[evidence.scores["metric"] == "ari"]
    assert set(external["dataset"]) == {"worm_neuron"}
    assert set(external["label_key"]) == {"Y"}


def test_nothing_at_all_is_no_error(runs) -> None:
    evidence = runs.evidence()
    assert evidence.runs.empty
    assert evidence.lookup == {}
