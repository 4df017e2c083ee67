"""``scinfovae-bench reproduce``: what it prints and writes, and how it ends."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from scinfovae.cli.main import main
from scinfovae.reproduce import figure4_map
from scinfovae.reproduce.claims import CLAIMS

if TYPE_CHECKING:
    from pathlib import Path

FIVE = ("worm_neuron", "mouse_es", "adam", "muraro", "romanov")


@pytest.fixture
def export(runs, tmp_path):
    """Write the runs as an export; gives its path."""

    def write() -> Path:
        path = tmp_path / "records.parquet"
        runs.frame().to_parquet(path, index=False)
        return path

    return write


@pytest.fixture
def reproduce(capsys, tmp_path, monkeypatch):
    """Run the verb; gives exit code, output and error output."""
    monkeypatch.chdir(tmp_path)

    def run(*words):
        code = main(["reproduce", *map(str, words)])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


def fill(runs) -> None:
    for dataset in FIVE:
        runs.add(dataset, "scinfovae", 0.4)
        runs.add(dataset, "vae", 0.5)


def test_a_claim_that_fails_is_a_finding_and_no_error(runs, export, reproduce) -> None:
    fill(runs)
    code, out, err = reproduce("--from", export())
    assert (code, err) == (0, "")
    assert "infovae_above_vae: DOES NOT HOLD" in out
    assert "ScInfoVAE (KM) − vae (KM)" in out or "ScInfoVAE (KM) − VAE (KM)" in out
    assert "-0.100" in out
    assert "scinfovae-bench sweep experiment=robustness" in out
    assert "2 does not hold" in out  # NMI in information_kept is the other
    assert "9-D map of Fig. 4" in out


def test_all_claims_are_written_as_tables_beside_the_records(runs, export, reproduce) -> None:
    fill(runs)
    code, out, _ = reproduce("--from", export())
    folder = export().parent / "tables"
    assert f"written: {folder / 'claims.csv'}" in out
    table = pd.read_csv(folder / "claims.csv")
    claims = table[~table["claim"].str.startswith("harness")]
    assert set(claims["claim"]) == set(CLAIMS)
    row = claims[claims["comparison"].fillna("").str.contains("(KM) − ", regex=False)]
    row = row[row["claim"] == "infovae_above_vae"].iloc[0]
    assert (row["verdict"], row["claim_verdict"]) == ("does not hold", "does not hold")
    assert (row["n_datasets"], row["fewest_seeds"], row["most_seeds"]) == (5, 3, 3)
    assert [row["difference"], row["low"], row["high"]] == pytest.approx([-0.1] * 3)
    assert set(row["datasets"].split()) == set(FIVE)
    assert row["command"].startswith("scinfovae-bench reproduce --from")
    text = (folder / "claims.md").read_text()
    assert "| infovae_above_vae | does not hold |" in text
    assert "`scinfovae-bench sweep experiment=cells`" in text
    assert code == 0


def test_claims_are_written_where_asked(runs, export, reproduce, tmp_path) -> None:
    fill(runs)
    asked = tmp_path / "elsewhere"
    code, out, _ = reproduce("--from", export(), "--out", asked)
    assert code == 0
    assert f"written: {asked / 'claims.md'}" in out
    assert {path.name for path in asked.iterdir()} == {"claims.csv", "claims.md"}
    assert not (export().parent / "tables").exists()


def test_some_claims_only_are_shown_and_not_written(runs, export, reproduce) -> None:
    fill(runs)
    code, out, _ = reproduce("infovae_above_vae", "--from", export(), "cv_same")
    assert code == 0
    assert "2 claims: 1 does not hold, 1 holds." in out  # equal scores have equal spread
    assert "robust_cells" not in out
    assert not (export().parent / "tables").exists()


def test_machines_get_json_without_nan(runs, export, reproduce) -> None:
    fill(runs)
    code, out, _ = reproduce("--from", export(), "--json")
    told = json.loads(out, parse_constant=lambda name: pytest.fail(name))
    claims = {claim["claim"]: claim for claim in told["claims"]}
    assert code == 0
    assert set(claims) == set(CLAIMS)
    one = claims["infovae_above_vae"]["comparisons"][0]
    assert one["difference"] == pytest.approx(-0.1)
    assert one["datasets"] == sorted(FIVE)
    assert one["seeds"] == [3, 3]
    assert claims["robust_cells"]["todo"] == ["scinfovae-bench sweep experiment=cells"]
    assert claims["robust_cells"]["comparisons"][0]["low"] is None
    assert [check["state"] for check in told["harness"]] == ["not checked", "not checked", "ok"]
    assert len(told["files"]) == 2


def test_a_failing_check_of_the_harness_ends_with_4(runs, export, reproduce, monkeypatch) -> None:
    fill(runs)
    monkeypatch.setattr(figure4_map, "TOLERANCE", 0.0)
    code, out, err = reproduce("--from", export())
    assert code == 4
    assert "the harness itself fails a check: 9-D map of Fig. 4" in err
    assert "infovae_above_vae: DOES NOT HOLD" in out
    assert "failed" in (export().parent / "tables" / "claims.md").read_text()


def test_an_oracle_that_is_none_ends_with_4(runs, export, reproduce) -> None:
    runs.add("worm_neuron", "oracle_labels", 0.98, clusterers=["own"])
    code, _, err = reproduce("cv_same", "--from", export())
    assert code == 4
    assert "oracle_labels has ARI 0.980 on worm_neuron" in err


@pytest.mark.real_data
def test_predictions_that_do_not_get_their_scores_end_with_4(
    runs, export, reproduce, shared_data, few_predictions, tmp_path
) -> None:
    fill(runs)
    mirror = tmp_path / "mirror"
    mirror.mkdir()
    (mirror / "worm_neuron.h5").symlink_to(shared_data / "data" / "mirror" / "worm_neuron.h5")
    index = pd.read_csv(few_predictions.with_name("few_index.csv"))
    index["nmi"] -= 1e-3
    index.to_csv(tmp_path / "index.csv", index=False)
    asked = ("--predictions", few_predictions, "--index", tmp_path / "index.csv")
    code, _, err = reproduce("cv_same", "--from", export(), *asked, f"data.mirror={mirror}")
    assert code == 4
    assert "published predictions: 3 of 3 on 1 datasets" in err
    assert "differ, the first" in err


def test_names_from_elsewhere_cannot_break_the_output(runs, export, reproduce) -> None:
    fill(runs)
    runs.add("a|b\n\x1b[31m=cmd|'/c'!A0 `x` <script>", "scinfovae")
    runs.add("worm_neuron", "evil|\x1b]0;title\x07\nmethod", status="failed")
    code, out, _ = reproduce("--from", export())
    assert code == 0
    assert "\x1b" not in out
    assert "\x07" not in out
    lines = (export().parent / "tables" / "claims.md").read_text().splitlines()
    (told,) = (line for line in lines if "=cmd" in line)
    assert told.startswith("- 3 runs on data")
    assert "<script>" not in told
    assert "\x1b" not in "".join(lines)
    assert set(pd.read_csv(export().parent / "tables" / "claims.csv").columns) >= {"claim"}


def test_an_export_is_found_where_there_are_no_records(runs, export, reproduce, tmp_path) -> None:
    fill(runs)
    export().rename(tmp_path / "elsewhere.parquet")
    folder = tmp_path / "results"
    folder.mkdir()
    (tmp_path / "elsewhere.parquet").rename(folder / "records.parquet")
    code, out, _ = reproduce()
    assert code == 0
    assert out.startswith("records.parquet with 30 runs, of which 30 are evidence")
    assert (folder / "tables" / "claims.csv").is_file()


def test_runs_on_simulated_counts_are_shown_to_be_no_evidence(reproduce, tmp_path) -> None:
    words = ("dataset.simulation.n_cells=60", "dataset.simulation.n_genes=80", "figures=false")
    assert main(["run", "method=pca", "clusterers=[kmeans]", *words]) == 0
    code, out, _ = reproduce("ari_no_worse")
    assert code == 0
    assert "ari_no_worse: NOT RUN" in out
    assert "- 1 run on data that are none of the registered ones (simulated)" in out


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["ari_no_wrose"], 2, "there is no claim 'ari_no_wrose'. Did you mean 'ari_no_worse'?"),
        (["seed=0"], 2, "'seed=0' does not belong here"),
        (["data.mirrorr=x"], 2, "Did you mean 'data.mirror'?"),
        (["--index", "x.csv"], 2, "--index goes with --predictions"),
        (["--form", "x"], 2, "Did you mean '--from'?"),
        (["--from", "nowhere"], 2, "there is no 'nowhere'"),
        ([], 2, "there are no records in 'results'"),
        (["results.dir=elsewhere"], 2, "there are no records in 'elsewhere'"),
        (["--from", "text.parquet"], 3, "'text.parquet' cannot be read as Parquet"),
        (["--from", "empty", "--predictions", "no.npz"], 3, "there is no file 'no.npz'"),
        (["results.dir=empty"], 0, ""),
    ],
)
def test_what_cannot_be_meant_is_told(reproduce, tmp_path, words, code, told) -> None:
    (tmp_path / "text.parquet").write_text("no table")
    (tmp_path / "empty" / "runs").mkdir(parents=True)
    found, _, err = reproduce(*words)
    assert found == code
    assert told in err


def test_a_folder_that_cannot_be_written_is_told(runs, export, reproduce) -> None:
    fill(runs)
    path = export()
    (path.parent / "tables").write_text("in the way")
    code, _, err = reproduce("--from", path)
    assert code == 1
    assert "cannot be written" in err


def test_help_and_completion_import_nothing_heavy() -> None:
    program = (
        "import sys\n"
        "from scinfovae.cli.main import main\n"
        "from scinfovae.cli.reproduce import _complete_claim\n"
        "assert 'cv_same' in _complete_claim()\n"
        "try:\n    main(['reproduce', '-h'])\nexcept SystemExit:\n    pass\n"
        "heavy = ('torch', 'scanpy', 'anndata', 'sklearn', 'pandas', 'scipy', 'numba', 'hydra')\n"
        "print('HEAVY', [name for name in heavy if name in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.rstrip().endswith("HEAVY []"), done.stdout + done.stderr
    assert "reproduce --from results/records.parquet --json" in done.stdout
