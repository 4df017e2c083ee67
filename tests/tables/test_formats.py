"""Files: what stands in them is what was meant, whatever the names."""

from __future__ import annotations

import re
import shutil
import subprocess

import pandas as pd
import pytest

from scinfovae.tables import latex, markdown
from scinfovae.tables.document import Cell, Origin, Table, line
from scinfovae.tables.formatting import (
    gigabytes,
    interval,
    number,
    probability,
    seconds,
    signed,
    signed_spread,
    spread,
)

ORIGIN = Origin("scinfovae-bench tables dataset=at_hand", "3 records (3 ok)", "0.0.0")
HOSTILE = [
    "worm_neuron",
    "__init__",
    r"\input{/etc/passwd}",
    "50% of $x_1^2$ & more #1 ~ {}",
    "a|b|c",
    "<script>alert(1)</script>",
    "**bold** [link](http://x) `code`",
    "two\nlines\tand\x1b[31mcolour",
    "100 € – ≠ ± ü",
    "α β-VAE γ λ",
    "",
]


def table_of(*names, n_lines=1):
    lines = [
        line(name, Cell("0.512 ± 0.034", bold=True), "-0.100", ruled=i > 0)
        for i, name in enumerate(names * n_lines)
    ]
    data = pd.DataFrame({"dataset": names, "mean": [0.1 + 0.2] * len(names)})
    notes = (f"A note on {names[0]}.",)
    return Table("ari", f"ARI of {names[0]}", ("name", "x_1", "y"), 1, tuple(lines), notes, data)


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (number(-0.0001), "0.000"),
        (number(0.0005, 3), "0.001"),
        (number(float("nan")), "n/a"),
        (number(1234.5, 0), "1234"),
        (spread(0.5, float("nan")), "0.500"),
        (spread(0.5, 0.25, 2), "0.50 ± 0.25"),
        (signed(0.0001), "0.000"),
        (signed(0.2), "+0.200"),
        (signed(-0.2), "-0.200"),
        (signed_spread(0.2, 0.1), "+0.200 ± 0.100"),
        (interval(0.1, 0.2), "0.100 to 0.200"),
        (interval(float("nan"), 0.2), "n/a"),
        (probability(0.0001), "< 0.001"),
        (probability(0.04), "0.040"),
        (seconds(0.123), "0.12"),
        (seconds(12.34), "12.3"),
        (seconds(1234.5), "1234"),
        (gigabytes(1.5e9), "1.50"),
    ],
)
def test_numbers(told, expected):
    assert told == expected


def test_markdown_by_hand():
    text = "\n".join(markdown.section(table_of("worm_neuron")))
    assert text == (
        "# ARI of worm_neuron\n\n"
        "| name | x_1 | y |\n"
        "| :--- | ---: | ---: |\n"
        "| worm_neuron | **0.512 ± 0.034** | -0.100 |\n\n"
        "- A note on worm_neuron.\n"
    )


def cells_of(row):
    """Split a row as a Markdown reader does: at bars that are not escaped."""
    return re.split(r"(?<!\\)\|", row.strip())[1:-1]


@pytest.mark.parametrize("name", HOSTILE)
def test_markdown_shows_any_name_as_it_is(name):
    lines = markdown.grid(table_of(name))
    assert len(lines) == 3
    assert len(cells_of(lines[2])) == 3
    shown = cells_of(lines[2])[0]
    assert "<" not in shown
    for mark in "*`[]$":
        assert re.search(rf"(?<!\\)\{mark}", shown) is None
    plain = re.sub(r"\\(.)", r"\1", shown).replace("&lt;", "<").replace("&gt;", ">")
    readable = " ".join("".join(c if c.isprintable() else " " for c in name).split())
    assert plain.replace("&amp;", "&").strip() == readable


def test_commands_are_code_whatever_they_hold():
    assert markdown.code("a b") == "`a b`"
    assert markdown.code("a `b` c") == "`` a `b` c ``"


def test_latex_by_hand():
    text = latex.document(table_of("worm_neuron"), ORIGIN)
    assert r"worm\_neuron & \textbf{0.512~$\pm$~0.034} & $-$0.100 \\" in text
    assert r"\caption{ARI of worm\_neuron}\label{tab:ari}" in text
    assert text.startswith("% made by: scinfovae-bench tables dataset=at_hand (scinfovae 0.0.0)")


@pytest.mark.parametrize("name", HOSTILE)
def test_latex_holds_no_command_of_a_name(name):
    text = latex.escape(name)
    known = r"\\(textbackslash|textasciicircum|textasciitilde|textless|textgreater|textbar"
    known += r"|textquotedbl|textasciigrave|textsuperscript|dag|pm|neq|geq|times|chi|[{}$&#%_]"
    known += r"|alpha|beta|gamma|lambda)"
    assert "\\" not in re.sub(known, "", text)
    assert "\n" not in text


def test_a_command_cannot_leave_its_comment():
    text = latex.document(table_of("x"), Origin("tables\n\\input{evil}", "1 record", "0"))
    assert text.splitlines()[0].startswith("% made by: tables \\input{evil}")
    assert not text.splitlines()[1].startswith("\\input")


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no pdflatex on this machine")
@pytest.mark.parametrize("n_lines", [1, 10])
def test_latex_compiles(tmp_path, n_lines):
    names = [name for name in HOSTILE if "€" not in name]
    table = table_of(*names, n_lines=n_lines)
    (tmp_path / "table.tex").write_text(latex.document(table, ORIGIN), encoding="utf-8")
    (tmp_path / "all.tex").write_text(
        r"\documentclass{article}\usepackage[T1]{fontenc}\usepackage{textcomp}"
        r"\usepackage{booktabs,graphicx,longtable}\begin{document}\input{table}\end{document}"
    )
    done = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "all.tex"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:]
    assert (tmp_path / "all.pdf").stat().st_size > 0
