"""Files from a folder instead of the network, offline use, and the progress that is shown."""

from __future__ import annotations

import dataclasses
import io
import sys
from typing import TYPE_CHECKING

import pytest

from scinfovae.data.download import cached_path, fetch
from scinfovae.data.progress import transfer_progress
from scinfovae.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

CONTENT = bytes(range(256)) * 4000


def test_offline_touches_no_network(local_server, tmp_path: Path, spec_for) -> None:
    spec = spec_for(CONTENT, local_server.serve("/f", CONTENT))
    with pytest.raises(DataError, match=r"data\.mirror=DIR.*datasets fetch muraro"):
        fetch(spec, cache_dir=tmp_path, offline=True)
    assert not local_server.hits


@pytest.mark.parametrize("name", ["muraro.h5", "data.h5", "Muraro/data.h5"])
def test_a_mirror_is_used_in_place(tmp_path: Path, name: str, spec_for) -> None:
    spec = spec_for(CONTENT, "http://127.0.0.1:9/dataset/Muraro/data.h5")
    path = tmp_path / "mirror" / name
    path.parent.mkdir(parents=True)
    path.write_bytes(CONTENT)
    found = fetch(spec, cache_dir=tmp_path / "cache", mirror=tmp_path / "mirror", offline=True)
    assert found == path
    assert not (tmp_path / "cache").exists()


def test_a_mirror_is_checked_as_a_download_is(tmp_path: Path, spec_for) -> None:
    spec = spec_for(CONTENT, "http://127.0.0.1:9/f", sized=True)
    with pytest.raises(DataError, match=r"mirror folder '.*' does not exist"):
        fetch(spec, cache_dir=tmp_path, mirror=tmp_path / "nowhere")
    with pytest.raises(DataError, match=r"not in the mirror folder.*'muraro\.h5'"):
        fetch(spec, cache_dir=tmp_path, mirror=tmp_path)
    wrong = tmp_path / "muraro.h5"
    wrong.write_bytes(CONTENT[1:] + b"x")
    with pytest.raises(DataError, match=r"not the pinned file .expected git blob SHA-1"):
        fetch(spec, cache_dir=tmp_path, mirror=tmp_path)
    wrong.write_bytes(CONTENT[1:])
    with pytest.raises(DataError, match="expected 1024000 bytes, got 1023999"):
        fetch(spec, cache_dir=tmp_path, mirror=tmp_path)


def test_a_wrong_sha256_is_refused_too(tmp_path: Path, spec_for) -> None:
    (tmp_path / "muraro.h5").write_bytes(CONTENT)
    spec = dataclasses.replace(spec_for(CONTENT, "http://127.0.0.1:9/f"), sha256="0" * 64)
    with pytest.raises(DataError, match=f"expected SHA-256 {'0' * 64}, got"):
        fetch(spec, cache_dir=tmp_path, mirror=tmp_path)


def test_progress_is_plain_lines_or_silence(local_server, tmp_path: Path, capsys, spec_for) -> None:
    spec = spec_for(CONTENT, local_server.serve("/f", CONTENT))
    fetch(spec, cache_dir=tmp_path / "a", progress=False)
    assert capsys.readouterr() == ("", "")
    fetch(spec, cache_dir=tmp_path / "b")
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == f"muraro: downloading {spec.urls[0]}\n"


def test_progress_is_a_bar_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    with transfer_progress("muraro", None) as report:
        report(500_000, 1_000_000)
        report(1_000_000, 1_000_000)
    assert "muraro" in terminal.getvalue()
    assert "1.0/1.0 MB" in terminal.getvalue()


@pytest.mark.parametrize("where", ["mirror", "cache"])
def test_a_file_that_may_not_be_read_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str, spec_for
) -> None:
    spec = spec_for(b"x", "http://127.0.0.1:9/data.h5")
    path = tmp_path / spec.file_name if where == "mirror" else cached_path(spec, tmp_path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")

    def refuse(path: Path) -> str:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("scinfovae.data.download.git_blob_sha1", refuse)
    with pytest.raises(DataError, match=rf"{spec.file_name}' cannot be read: Permission denied"):
        fetch(spec, cache_dir=tmp_path, mirror=tmp_path if where == "mirror" else None)
