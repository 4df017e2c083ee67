"""Which methods there are, where they come from, and what happens to bad plug-ins."""

from __future__ import annotations

import importlib.metadata
import sys
import types

import pytest

from scinfovae.bench.planning.config import method_sets
from scinfovae.bench.planning.plan import build_recipe, make_plan
from scinfovae.cli.main import main
from scinfovae.cli.methods import described
from scinfovae.errors import (
    ScInfoVAEWarning,
    UsageError,
    did_you_mean,
    how_to_install,
    install_command,
)
from scinfovae.methods import (
    METHODS,
    MethodInfo,
    MissingPackageError,
    create,
    get_method,
    import_plugins,
    missing_packages,
    register,
)
from scinfovae.methods.pca import INFO, PCAConfig, PCAMethod
from scinfovae.methods.registry import Registry


def info_named(name, **changes):
    facts = {
        "name": name,
        "title": "T",
        "version": 1,
        "citation": "nobody",
        "summary": "Nothing.",
        "needs_k": False,
        "stochastic": False,
        "config_class": PCAConfig,
        "method_class": PCAMethod,
    }
    return MethodInfo(**{**facts, **changes})


@pytest.fixture
def plugin(monkeypatch):
    """Put a module into the process under a name; methods it registers are taken back."""
    before = dict(METHODS)
    monkeypatch.setattr(sys, "path", list(sys.path))

    def make(name, **members):
        module = types.ModuleType(name)
        vars(module).update(members)
        monkeypatch.setitem(sys.modules, name, module)
        return module

    yield make
    for name in set(METHODS) - set(before):
        del METHODS[name]


def test_scinfovae_comes_first_and_controls_last():
    kinds = [info.kind for info in METHODS.values()]
    assert next(iter(METHODS)) == "scinfovae"
    order = [k for k in ("learned", "ablation", "baseline", "control") if k in kinds]
    assert list(dict.fromkeys(kinds)) == order


def test_sets_of_methods():
    sets = method_sets()
    assert sets["method/all"] == tuple(METHODS)
    assert set(sets["method/control"]) == {"oracle_labels", "random_embedding", "random_labels"}
    found = [g.recipe.method.name for g in make_plan(["method=control,pca"])]
    assert found == [*sets["method/control"], "pca"]
    with pytest.raises(UsageError, match="Did you mean 'control'"):
        make_plan(["method=contrl"])


@pytest.mark.parametrize("name", ["PCA", "my-method", "2d", "a/b", ""])
def test_a_name_must_do_as_a_word_and_a_folder(name):
    with pytest.raises(UsageError, match="cannot name a method"):
        info_named(name)


def test_a_plugin_is_known_after_its_import_and_may_be_imported_again(plugin):
    plugin("a_plugin", INFO=info_named("from_plugin"))
    import_plugins(["a_plugin"])
    import_plugins(["a_plugin"])
    assert get_method("from_plugin").title == "T"
    assert list(METHODS)[-1] == "from_plugin"


def test_a_plugin_may_hold_several_methods_or_register_them_itself(plugin):
    plugin("a_plugin", INFO=(info_named("one"), info_named("two")))
    import_plugins(["a_plugin"])
    assert {"one", "two"} <= set(METHODS)
    itself = type("Itself", (PCAMethod,), {"__module__": "b_plugin"})
    plugin("b_plugin")
    register(info_named("three", method_class=itself))
    import_plugins(["b_plugin"])


def test_a_worker_knows_the_plugins_of_a_resolved_configuration(plugin):
    plugin("a_plugin", INFO=info_named("from_plugin"))
    (group,) = make_plan(["plugins=[a_plugin]", "method=from_plugin", "method.n_components=3"])
    del METHODS["from_plugin"]
    resolved = {k: v for k, v in group.recipe.resolved.items() if k != "seed"}
    again = build_recipe(resolved)
    assert again == group.recipe
    assert again.method_config.n_components == 3


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["plugins=[no_such_module]"], "plugins=\\[no_such_module\\] cannot be imported"),
        (["plugins=[a_plugin]"], "the module registers no method"),
        (["plugins=[c_plugin]"], "there are two methods 'pca'"),
        (["plugins=a_plugin"], "the module registers no method"),
    ],
)
def test_plugins_that_are_none(plugin, words, told):
    plugin("a_plugin")
    plugin("c_plugin", INFO=info_named("pca", method_class=lambda config: None))
    with pytest.raises(UsageError, match=told):
        make_plan([*words, "method=pca"])


@pytest.mark.parametrize("name", ["no_such_pkg", "no_such_pkg.sub", "json.no_such_part"])
def test_a_package_or_a_part_of_it_that_is_not_there_is_missing(name):
    lacking = info_named("lacking", packages=("json.decoder", name))
    assert missing_packages(lacking) == [name]
    with pytest.raises(MissingPackageError, match=f"lacking needs {name}, which is not installed"):
        create(lacking, PCAConfig())


def test_a_folder_of_the_name_of_a_package_is_no_package(tmp_path, monkeypatch):
    (tmp_path / "some_package").mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    lacking = info_named("lacking", packages=("some_package", "no_such_pkg"))
    assert missing_packages(lacking) == ["some_package", "no_such_pkg"]
    with pytest.raises(MissingPackageError, match="some_package and no_such_pkg, which are not"):
        create(lacking, PCAConfig())


def test_an_entry_point_is_found_and_a_broken_one_is_told(plugin, monkeypatch):
    plugin("a_plugin", INFO=info_named("announced"))
    group = "scinfovae.methods"
    points = [
        importlib.metadata.EntryPoint("announced", "a_plugin:INFO", group),
        importlib.metadata.EntryPoint("broken", "no_such_module:INFO", group),
    ]
    asked = []

    def entry_points(**wanted):
        asked.append(wanted)
        return points

    monkeypatch.setattr(importlib.metadata, "entry_points", entry_points)
    registry = Registry()
    with pytest.warns(ScInfoVAEWarning, match="plug-in 'broken' .* is left out") as heard:
        assert "announced" in registry
    assert asked == [{"group": group}]
    assert len(heard) == 1
    assert registry["pca"] is INFO


def test_a_missing_package_is_one_sentence_with_the_command():
    lacking = info_named("lacking", packages=("no_such_package",), extra="scvi")
    assert missing_packages(lacking) == ["no_such_package"]
    with pytest.raises(MissingPackageError) as error:
        create(lacking, PCAConfig())
    assert "lacking needs no_such_package" in str(error.value)
    assert str(error.value).endswith(f"not installed: {how_to_install('scvi')}.")
    told = described(lacking)
    assert (told["installed"], told["install"]) == (False, install_command("scvi"))
    foreign = described(info_named("foreign", packages=("no_such_package",)))
    assert foreign["install"] == "pip install no_such_package"


@pytest.mark.parametrize(
    ("files", "environment", "command", "sentence"),
    [
        ((), "venv", "pip install 'scinfovae[scvi]'", "pip install 'scinfovae[scvi]'"),
        (
            ("pyproject.toml",),
            "venv",
            "pip install -e '.[scvi]'",
            "pip install -e '.[scvi]' in the folder of the clone",
        ),
        (
            ("pyproject.toml",),
            ".venv",
            ".venv/bin/pip install -e '.[scvi]'",
            ".venv/bin/pip install -e '.[scvi]' in the folder of the clone",
        ),
    ],
    ids=["installed", "clone", "clone with the environment of make"],
)
def test_the_command_for_an_extra_works_where_the_package_is_imported_from(
    monkeypatch, tmp_path, capsys, files, environment, command, sentence
):
    for name in files:
        (tmp_path / name).touch()
    monkeypatch.setattr("scinfovae.errors.__file__", str(tmp_path / "scinfovae" / "errors.py"))
    monkeypatch.setattr(sys, "prefix", str(tmp_path / environment))
    lacking = info_named("lacking", packages=("no_such_package",), extra="scvi")
    monkeypatch.setitem(METHODS, "lacking", lacking)
    assert described(lacking)["install"] == command
    for words in (["methods", "list"], ["methods", "info", "lacking"]):
        assert main(words) == 0
        assert f"no: {sentence}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "choices", "suggested"),
    [
        ("nope", ("tsne", "pca"), ""),
        ("quick", ("pca_umap", "scvi"), ""),
        ("pcb", ("pca", "dca"), "pca"),
        ("n_comp", ("n_components",), "n_components"),
        ("scinfova", ("scinfovae", "scvi"), "scinfovae"),
    ],
)
def test_only_near_misses_are_suggested(name, choices, suggested):
    assert did_you_mean(name, choices) == (f" Did you mean '{suggested}'?" if suggested else "")
