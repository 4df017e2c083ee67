from __future__ import annotations

from scinfovae.bench.planning.plan import make_plan
from scinfovae.bench.running.lookup import known_n_clusters
from scinfovae.data.registry import group_members


def test_seeds_of_one_recipe_are_one_group():
    (group,) = make_plan(["method=pca", "seed=range(5)"])
    assert group.seeds == (0, 1, 2, 3, 4)
    assert [request.seed for request in group.requests] == [0, 1, 2, 3, 4]


def test_a_whole_number_asks_for_the_runs_of_the_float_it_equals():
    words = ["dataset=muraro", "method=pca", "dataset.fraction=0.5,1,1.0"]
    found = [group.recipe.dataset.fraction for group in make_plan(words)]
    assert found == [0.5, 1.0]


def test_a_product_keeps_the_runs_of_a_dataset_together():
    words = ["method.n_components=2,3", "method=pca", "dataset=simulated,custom", "seed=0,1"]
    found = [
        (group.recipe.dataset.name, group.recipe.method_config.n_components, group.seeds)
        for group in make_plan(words)
    ]
    assert found == [
        ("simulated", 2, (0, 1)),
        ("simulated", 3, (0, 1)),
        ("custom", 2, (0, 1)),
        ("custom", 3, (0, 1)),
    ]


def test_sets_of_datasets():
    found = [g.recipe.dataset.name for g in make_plan(["method=pca", "dataset=at_hand"])]
    assert found == list(group_members("at_hand"))


def test_one_clusterer_needs_no_list():
    (group,) = make_plan(["method=pca", "clusterers=ward"])
    assert [clusterer.key for clusterer in group.recipe.clusterers] == ["ward"]


def test_other_parameters_make_another_clusterer():
    keys = set()
    for n_init in (5, 6, 7):
        words = ["method=pca", "clusterers=[kmeans]", f"clustering.kmeans.n_init={n_init}"]
        keys.add(make_plan(words)[0].recipe.clusterers[0].key)
    assert len(keys) == 3
    assert "kmeans" in keys


def test_clusterers_can_be_swept():
    groups = make_plan(["method=pca", "clusterers=[kmeans],[ward,rsc]"])
    keys = [[c.key for c in group.recipe.clusterers] for group in groups]
    assert keys == [["kmeans"], ["ward", "rsc"]]


def test_cluster_parameters_can_be_swept_without_losing_a_seed():
    groups = make_plan(["method=pca", "seed=0,1", "stack_width=2,3"])
    assert [(group.seeds, group.recipe.settings.stack_width) for group in groups] == [
        ((0, 1), 2),
        ((0, 1), 3),
    ]


def test_k_is_known_without_the_data_only_where_labels_are_wanted():
    def k(*words):
        (group,) = make_plan(["dataset=worm_neuron", "method=pca", *words])
        return known_n_clusters(group.recipe)

    assert k() == 10
    assert k("dataset.n_clusters=4") == 4
    assert k("dataset.label_key=[Y]") == 10
    assert k("dataset.label_key=[other]") is None
    assert k("dataset.label_key=[]") is None
