"""The page as a reader of HTML finds it: whole, self-contained, escaped, honest."""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
import re
import shlex
import subprocess
import sys

import pytest

from scinfovae.bench.planning.plan import make_plan
from scinfovae.cli.main import main

HOSTILE = (
    "<script>alert(1)</script>",
    "\"><img src=x onerror='alert(2)'>",
    "</script><script>alert(3)</script>",
    "</style><svg/onload=alert(4)>",
    "{{ 7 * 7 }}{% raise %}",
    "--><!--",
)


def test_every_section_is_there_and_linked(page):
    sections = [tag["id"] for tag in page.all("section")]
    names = "overview leaderboard claims figures published ablation tables runs".split()
    assert sections == names
    links = [tag["href"] for tag in page.all("a") if (tag.get("href") or "").startswith("#")]
    ids = {tag["id"] for _, tag in page.tags if "id" in tag}
    assert {link[1:] for link in links} <= ids
    assert [tag["id"] for _, tag in page.tags if "id" in tag] == [
        *dict.fromkeys(tag["id"] for _, tag in page.tags if "id" in tag)
    ]


def test_scores_are_those_of_the_tables(page):
    # worm_neuron: ScInfoVAE .6 and .7, PCA .4 and .5; adam: .5 and .6
    assert "0.650 ± 0.071" in page.text
    assert "0.550 ± 0.071 c1" in page.text
    # the best is bold, and the mean of both datasets stands before them
    assert "<b>0.650</b> <i>± 0.071</i>" in page.html
    assert "0.600" in page.text


def test_the_best_row_comes_first_and_short_presets_never(page):
    board = page.html[page.html.index('data-metric="ari"') :]
    rows = re.findall(
        r'<tr data-pool="(\w+)" data-clusterer="(\w+)"><th scope="row">(.*?)</th>', board
    )
    assert rows[0] == ("full", "kmeans", "ScInfoVAE")
    assert rows[1] == ("full", "kmeans", "PCA")
    pools = [row[0] for row in rows[: [row[0] for row in rows].index("published")]]
    assert pools.index("short") == len(pools) - 1
    assert "<b>0.990</b>" not in page.html
    assert "1 of 11 runs uses a short preset (quick)." in page.text


def test_what_failed_or_is_missing_is_told_with_its_remedy(page):
    assert "1 run failed, 1 run is missing." in page.text
    assert "seed 0: oom at pretrain: no memory for DIR/x.h5" in page.text
    assert "0 of 2 done, 1 failed, 1 missing" in page.text
    # both are composed from the record that there is
    assert "scinfovae-bench run dataset=adam method=dca preset=paper seed=0 --force" in page.text
    assert "scinfovae-bench run dataset=adam method=dca preset=paper seed=1 " in page.text
    assert "failed (0/2)" in page.text


def test_what_nobody_asked_for_is_told(page):
    # the store has runs on adam and worm_neuron
    told = re.search(r"Of the paper's 15 datasets (\d+) have none here[^:]*: ([^.]*)\.", page.text)
    names = told[2].split(", ")
    assert int(told[1]) == len(names) == 13
    assert not {"adam", "worm_neuron"} & set(names)
    assert {"muraro", "young"} <= set(names)


def test_a_run_is_repeated_by_its_command(page):
    """The command, planned again, asks for the very configuration that stands in the record."""
    lines = [t for t in page.texts if t.startswith("scinfovae-bench run dataset=worm_neuron")]
    line = next(text for text in lines if "method=scinfovae" in text)
    words = shlex.split(line)[2:]
    assert words[-1] == "--force"
    group = make_plan(words[:-1])[0]
    assert (
        group.recipe.resolved
        == make_plan(["dataset=worm_neuron", "method=scinfovae"])[0].recipe.resolved
    )
    assert group.seeds == (0, 1)


def test_claims_without_runs_say_what_makes_them(page):
    assert "ari_no_worse" in page.html
    assert "scinfovae-bench sweep experiment=comparison" in page.text
    assert len([tag for tag in page.all("details") if tag.get("class") == "claim"]) >= 10


def test_nothing_is_fetched_and_only_our_script_runs(page):
    assert len(page.all("script")) == len(page.all("style")) == 1
    for tag, attributes in page.tags:
        for key in ("src", "srcset", "action", "poster", "data"):
            assert (attributes.get(key) or "data:").startswith("data:"), tag
        assert not [key for key in attributes if key.startswith("on")], tag
    assert not [tag for tag in page.all("link") if not tag["href"].startswith("data:")]
    assert not re.search(r"https?://", page.html)
    (policy,) = [tag["content"] for tag in page.all("meta") if "http-equiv" in tag]
    for name in ("script", "style"):
        (text,) = re.findall(rf"<{name}>(.*?)</{name}>", page.html, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{name}-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy


def test_it_can_be_read_without_seeing(page):
    assert page.all("html")[0]["lang"] == "en"
    assert all(tag.get("scope") in ("col", "row") for tag in page.all("th"))
    assert all(tag.get("alt") for tag in page.all("img"))
    assert page.html.count("<table") == page.html.count("<caption")
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch(r"h\d", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))


def test_equal_records_give_equal_bytes_and_no_path_of_this_machine(usual_folder, page, report):
    second, _ = report(usual_folder)
    assert page.html == second.html
    assert str(usual_folder) not in page.html
    assert "/home/" not in page.html


def test_hostile_names_stay_texts(store, tmp_path, report):
    for i, evil in enumerate(HOSTILE):
        store.run(
            f"data {evil}",
            f"method {evil}",
            i,
            {"kmeans": 0.5, f"own{evil}": 0.25},
            config={"method": {"name": evil, evil: evil}, "preprocessing": {"n_hvg": evil}},
            title=f"title {evil}",
            variant=f"variant={evil}",
            data_variant=f"layout={evil}",
            setting=f"set{i}",
            preset=f"preset {evil}",
            short=True,
            sweep="aaaa11112222",
            version=evil,
            git_commit=evil,
            numerics=evil,
            started=evil,
        )
        store.run(f"data {evil}", "pca", 0, status="failed", stage=evil, message=f"oh {evil}")
    page, _ = report(store.write(tmp_path))
    for evil in HOSTILE:
        assert evil not in page.html or evil.startswith("{{"), evil
        for told in (f"data {evil}", f"title {evil}", f"at {evil}: oh "):
            assert told in page.text, told
    assert len(page.all("script")) == len(page.all("style")) == 1
    assert not page.all("img")
    assert not [key for _, tag in page.tags for key in tag if key.startswith("on")]


def test_our_own_script_and_style_can_stand_in_a_page():
    from scinfovae.report.page import _asset

    assert "</script" not in _asset("script.js")
    assert "</style" not in _asset("style.css")
    assert "innerHTML" not in _asset("script.js")


def test_words_choose(usual_folder, tmp_path, capsys):
    out = tmp_path / "some.html"
    words = ["--from", str(usual_folder / "records.parquet"), "--out", str(out), "--json"]
    assert main(["report", *words, "method=pca", "metric=ari"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["runs"]["n_expected"] == 4
    assert told["bytes"] == out.stat().st_size
    assert told["verdicts"]["not run"] >= 9
    assert "fig2" in told["figures_absent"]
    text = out.read_text()
    assert "ScInfoVAE</th>" not in text
    assert 'data-metric="nmi"' not in text


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["method=pcaa"], "Did you mean 'pca'?"),
        (["--sweep", "cccc"], "there is no sweep 'cccc'"),
        (["--figures", "nowhere"], "there is no folder 'nowhere'"),
        (["--out", "."], "is a folder"),
    ],
)
def test_what_cannot_be_meant_is_said_in_a_sentence(usual_folder, capsys, words, told):
    assert main(["report", "--from", str(usual_folder / "records.parquet"), *words]) == 2
    captured = capsys.readouterr()
    assert told in captured.err
    assert captured.err.count("\n") == 1


def test_help_imports_nothing_heavy(tmp_path):
    program = (
        "import sys\nfrom scinfovae.cli.main import main\n"
        "try:\n    main(['report', '-h'])\nexcept SystemExit:\n    pass\n"
        "heavy = ('torch', 'pandas', 'scipy', 'numpy', 'jinja2', 'PIL')\n"
        "print('HEAVY', [n for n in heavy if n in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=tmp_path, timeout=60
    )
    assert done.stdout.splitlines()[-1] == "HEAVY []", done.stderr
