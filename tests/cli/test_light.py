"""Help, completion and lists must answer at once: nothing heavy may be imported for them."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

HEAVY = ("torch", "scanpy", "anndata", "sklearn", "pandas", "scipy", "numba", "matplotlib", "umap")
PROGRAM = f"""
import sys
from scinfovae.cli.main import main
try:
    code = main(sys.argv[1:])
except SystemExit as leaving:
    code = leaving.code
heavy = [name for name in {HEAVY} if name in sys.modules]
print("HEAVY", heavy)
sys.exit(code)
"""


@pytest.mark.parametrize(
    "words",
    [
        "-h",
        "--version",
        "run -h",
        "sweep -h",
        "status -h",
        "datasets -h",
        "methods -h",
        "embed -h",
        "doctor -h",
        "datasets list",
        "datasets list --json",
        "datasets info muraro",
        "methods list",
        "completion bash",
    ],
)
def test_nothing_heavy_is_imported(words, tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *words.split()],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.rstrip().endswith("HEAVY []")
    assert len(done.stdout.splitlines()) > 1
    assert list(tmp_path.iterdir()) == []


def complete(line, tmp_path):
    """Ask for completions of a line as a shell does."""
    answer = tmp_path / "completions"
    heavy = (
        "import atexit, sys\n"
        f"atexit.register(lambda: print([n for n in {HEAVY} if n in sys.modules]))\n"
        "import os\n"
        "real = os._exit\n"
        f"def leave(code):\n    print([n for n in {HEAVY} if n in sys.modules], flush=True)\n"
        "    real(code)\n"
        "os._exit = leave\n"
        "from scinfovae.cli.main import main\n"
        "main([])\n"
    )
    environment = {
        **os.environ,
        "_ARGCOMPLETE": "1",
        "_ARGCOMPLETE_IFS": "\n",
        "_ARGCOMPLETE_SUPPRESS_SPACE": "1",
        "_ARGCOMPLETE_STDOUT_FILENAME": str(answer),
        "_ARGCOMPLETE_COMP_WORDBREAKS": " \t\n\"'><=;|&(:",
        "COMP_LINE": line,
        "COMP_POINT": str(len(line)),
        "COMP_TYPE": "9",
    }
    done = subprocess.run(
        [sys.executable, "-c", heavy],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        cwd=tmp_path,
    )
    assert "[]" in done.stdout, done.stderr
    return [word.strip() for word in answer.read_text().split("\n")]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("scinfovae-bench ", "run"),
        ("scinfovae-bench dat", "datasets"),
        ("scinfovae-bench run dat", "dataset="),
        ("scinfovae-bench run dataset=mur", "muraro"),
        ("scinfovae-bench run dataset=pa", "paper15"),
        ("scinfovae-bench sweep exp", "experiment="),
        ("scinfovae-bench sweep experiment=at_", "at_hand_quick"),
        ("scinfovae-bench sweep executor=pro", "processes"),
        ("scinfovae-bench run dataset=muraro,wor", "muraro,worm_neuron"),
        ("scinfovae-bench run method=pc", "pca"),
        ("scinfovae-bench run dataset=muraro preset=qu", "quick"),
        ("scinfovae-bench run seed=0 --dry", "--dry-run"),
        ("scinfovae-bench datasets info mur", "muraro"),
        ("scinfovae-bench methods info p", "pca"),
    ],
)
def test_completion(line, expected, tmp_path):
    assert expected in complete(line, tmp_path)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts(cli, shell):
    code, out, _ = cli("completion", shell)
    assert code == 0
    assert "scinfovae-bench" in out
    assert "_ARGCOMPLETE" in out
