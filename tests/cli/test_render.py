from __future__ import annotations

import statistics

import pytest

from scinfovae.cli.progress import Watcher
from scinfovae.cli.render import duration, mean_sd, number, size, table


@pytest.mark.parametrize(
    ("value", "told"), [(0.12345, "0.123"), (None, "n/a"), (float("nan"), "n/a"), (12, "12.000")]
)
def test_numbers(value, told):
    assert number(value) == told


def test_mean_and_standard_deviation_over_seeds():
    values = [0.1, 0.4, 0.2]
    told = f"{statistics.mean(values):.3f} ± {statistics.stdev(values):.3f}"
    assert mean_sd(values) == told
    assert mean_sd([0.1, None, 0.4]).endswith("(2 of 3)")
    assert mean_sd([None]) == "n/a"
    assert mean_sd([0.5]) == "0.500"


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(0.04, "0.0 s"), (59.6, "60 s"), (125, "2 min 05 s"), (3720, "1 h 02 min")],
)
def test_durations(seconds, told):
    assert duration(seconds) == told


def test_sizes():
    assert [size(n) for n in (10, 1500, 2_000_000, 3.2e9)] == ["10 B", "2 kB", "2 MB", "3.2 GB"]


def test_tables_are_plain_lines_where_there_is_no_terminal(capsys):
    table("title", ("name", "value"), [("a", "1.5"), ("long name", "10.25")])
    assert capsys.readouterr().out == (
        "title\nname       value\na            1.5\nlong name  10.25\n"
    )


def test_tables_have_frames_on_a_terminal(capsys, monkeypatch):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    table("", ("name", "value"), [("[b]a", "1.5")])
    out = capsys.readouterr().out
    assert "│ [b]a" in out


def test_progress_is_sparse_where_there_is_no_terminal(capsys, monkeypatch):
    clock = iter(range(0, 1000, 4))
    monkeypatch.setattr("scinfovae.cli.progress.time.monotonic", lambda: float(next(clock)))
    watcher = Watcher()
    for done in range(11):
        watcher.progress("pretrain", done, 10)
    lines = capsys.readouterr().err.splitlines()
    assert lines == [
        "  pretrain: 3 of 10, 28 s left",
        "  pretrain: 6 of 10, 16 s left",
        "  pretrain: 9 of 10, 4.0 s left",
        "  pretrain: 10 of 10 in 40 s",
    ]


def test_progress_moves_in_one_line_on_a_terminal(capsys, monkeypatch):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    watcher = Watcher()
    watcher.progress("fit", 0, 10)
    watcher.message("done")
    err = capsys.readouterr().err
    assert err.startswith("\r  fit: 0 of 10")
    assert err.endswith("\rdone\n")
