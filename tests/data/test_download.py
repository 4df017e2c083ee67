"""Verified downloads from a local web server, well-behaved and not."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from scinfovae.data import download
from scinfovae.data.download import cached_path, fetch, git_blob_sha1, sha256
from scinfovae.errors import DataError

if TYPE_CHECKING:
    from http.server import BaseHTTPRequestHandler
    from pathlib import Path

    from scinfovae.data.registry import DatasetSpec

CONTENT = bytes(range(256)) * 4000  # 1 MB: several chunks


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "_BACK_OFF_S", 0.01)


def left_behind(folder: Path) -> list[Path]:
    return list(folder.rglob("*"))


def test_hashes_are_those_of_git_and_sha256sum(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"hello\n")
    assert git_blob_sha1(path) == "ce013625030ba8dba906f756967f9e9ca394464a"
    assert sha256(path) == "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03"
    path.write_bytes(CONTENT)
    if shutil.which("git"):
        git = subprocess.run(["git", "hash-object", path], capture_output=True, text=True)
        assert git_blob_sha1(path) == git.stdout.strip()


@pytest.mark.parametrize("sized", [True, False])
def test_a_good_server_is_asked_once(local_server, tmp_path: Path, sized: bool, spec_for) -> None:
    spec = spec_for(CONTENT, local_server.serve("/f", CONTENT), sized=sized)
    path = fetch(spec, cache_dir=tmp_path)
    assert path == cached_path(spec, tmp_path)
    assert path.read_bytes() == CONTENT
    assert left_behind(tmp_path) == [path.parent, path]
    assert fetch(spec, cache_dir=tmp_path) == path
    assert fetch(spec, cache_dir=tmp_path, offline=True) == path
    assert local_server.hits["/f"] == 1


def test_a_damaged_copy_in_the_cache_is_fetched_anew(
    local_server, tmp_path: Path, spec_for
) -> None:
    spec = spec_for(CONTENT, local_server.serve("/f", CONTENT))
    path = fetch(spec, cache_dir=tmp_path)
    path.write_bytes(CONTENT[:-1] + b"x")
    with pytest.raises(DataError, match=r"no intact copy.*data.mirror=DIR"):
        fetch(spec, cache_dir=tmp_path, offline=True)
    assert fetch(spec, cache_dir=tmp_path).read_bytes() == CONTENT
    assert local_server.hits["/f"] == 2


def test_a_chunked_answer_without_length_is_accepted(
    local_server, tmp_path: Path, spec_for
) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.protocol_version = "HTTP/1.1"
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        for start in range(0, len(CONTENT), 100_000):
            part = CONTENT[start : start + 100_000]
            handler.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
        handler.wfile.write(b"0\r\n\r\n")

    spec = spec_for(CONTENT, local_server.route("/f", answer))
    assert fetch(spec, cache_dir=tmp_path).read_bytes() == CONTENT


def truncated(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(CONTENT)))
    handler.end_headers()
    handler.wfile.write(CONTENT[:1000])


def truncated_without_length(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    handler.wfile.write(CONTENT[:1000])


def busy(handler: BaseHTTPRequestHandler) -> None:
    handler.send_error(503)


@pytest.mark.parametrize(
    ("answer", "sized", "said", "attempts"),
    [
        (truncated, False, "broke", 3),
        (truncated_without_length, True, "broke off after 1000 of 1024000 bytes", 3),
        (truncated_without_length, False, "serves other bytes .expected git blob SHA-1", 1),
        (busy, False, "HTTP status 503", 3),
        (lambda handler: handler.send_error(404), False, "HTTP status 404", 1),
    ],
)
def test_failures_are_named_and_leave_nothing(
    local_server, tmp_path: Path, answer, sized: bool, said: str, attempts: int, spec_for
) -> None:
    spec = spec_for(CONTENT, local_server.route("/f", answer), sized=sized)
    with pytest.raises(DataError, match=said) as caught:
        fetch(spec, cache_dir=tmp_path)
    assert "data.mirror=DIR" in str(caught.value)
    assert local_server.hits["/f"] == attempts
    assert left_behind(tmp_path) == []


def test_a_server_that_recovers_is_tried_again(local_server, tmp_path: Path, spec_for) -> None:
    local_server.serve("/good", CONTENT)

    def answer(handler: BaseHTTPRequestHandler) -> None:
        local_server.routes["/good" if local_server.hits["/f"] > 1 else "/busy"](handler)

    local_server.route("/busy", busy)
    spec = spec_for(CONTENT, local_server.route("/f", answer))
    assert fetch(spec, cache_dir=tmp_path).read_bytes() == CONTENT
    assert local_server.hits["/f"] == 2


def test_pauses_grow_between_rounds(local_server, tmp_path: Path, monkeypatch, spec_for) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(download.time, "sleep", pauses.append)
    with pytest.raises(DataError):
        fetch(spec_for(CONTENT, local_server.route("/f", busy)), cache_dir=tmp_path, retries=3)
    assert pauses == [0.01, 0.02, 0.04]


def test_wrong_bytes_name_both_hashes(local_server, tmp_path: Path, spec_for) -> None:
    wrong = CONTENT[::-1]
    spec = spec_for(CONTENT, local_server.serve("/f", wrong))
    got = hashlib.sha1(b"blob %d\0" % len(wrong) + wrong).hexdigest()
    with pytest.raises(DataError, match=f"expected git blob SHA-1 {spec.git_blob_sha1}, got {got}"):
        fetch(spec, cache_dir=tmp_path)
    assert left_behind(tmp_path) == []


@pytest.mark.parametrize("first", ["dead", "404", "wrong", "truncated", "oversized"])
def test_the_next_address_is_tried(local_server, tmp_path: Path, first: str, spec_for) -> None:
    url = {
        "dead": "http://127.0.0.1:9/f",  # the discard port: nobody listens
        "404": local_server.url("/nothing"),
        "wrong": local_server.serve("/wrong", b"x" * len(CONTENT)),
        "truncated": local_server.route("/short", truncated),
        "oversized": local_server.serve("/long", CONTENT + b"x"),
    }[first]
    spec = spec_for(CONTENT, url, local_server.serve("/f", CONTENT), sized=True)
    assert fetch(spec, cache_dir=tmp_path, retries=0).read_bytes() == CONTENT


def test_an_announced_excess_is_refused_before_it_is_sent(
    local_server, tmp_path: Path, spec_for
) -> None:
    spec = spec_for(CONTENT, local_server.serve("/f", CONTENT))
    with pytest.raises(DataError, match="offers 1024000 bytes where at most 1000"):
        fetch(spec, cache_dir=tmp_path, max_bytes=1000)


def test_an_endless_answer_is_cut_off(local_server, tmp_path: Path, spec_for) -> None:
    sent = []

    def endless(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        for _ in range(5000):
            handler.wfile.write(CONTENT)
            sent.append(len(CONTENT))

    spec = spec_for(CONTENT, local_server.route("/f", endless))
    with pytest.raises(DataError, match="sends more than the 2000000 bytes"):
        fetch(spec, cache_dir=tmp_path, max_bytes=2_000_000)
    assert sum(sent) < 1_000_000_000
    assert left_behind(tmp_path) == []


def test_a_silent_server_is_given_up(local_server, tmp_path: Path, spec_for) -> None:
    spec = spec_for(CONTENT, local_server.route("/f", lambda handler: time.sleep(3)))
    start = time.monotonic()
    with pytest.raises(DataError, match=r"silent for 0\.3 s|could not reach any of 1 address"):
        fetch(spec, cache_dir=tmp_path, timeout_s=0.3, retries=0)
    assert time.monotonic() - start < 2.5


def test_a_dripping_server_is_given_up(local_server, tmp_path: Path, spec_for) -> None:
    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(CONTENT)))
        handler.end_headers()
        for start in range(100):
            handler.wfile.write(CONTENT[start : start + 1])
            handler.wfile.flush()
            time.sleep(0.05)

    spec = spec_for(CONTENT, local_server.route("/f", drip))
    start = time.monotonic()
    with pytest.raises(DataError, match="too slow"):
        fetch(spec, cache_dir=tmp_path, timeout_s=0.5, retries=0)
    assert time.monotonic() - start < 3
    assert left_behind(tmp_path) == []


def redirect_to(target: str):
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(302)
        handler.send_header("Location", target)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return answer


def test_redirects_are_followed_up_to_five(local_server, tmp_path: Path, spec_for) -> None:
    local_server.serve("/0", CONTENT)
    for i in range(1, 7):
        local_server.route(f"/{i}", redirect_to(f"/{i - 1}"))
    path = fetch(spec_for(CONTENT, local_server.url("/5")), cache_dir=tmp_path / "a")
    assert path.read_bytes() == CONTENT
    with pytest.raises(DataError, match="redirects more than 5 times"):
        fetch(spec_for(CONTENT, local_server.url("/6")), cache_dir=tmp_path / "b")


def test_redirects_to_files_are_refused(local_server, tmp_path: Path, spec_for) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(CONTENT)
    spec = spec_for(CONTENT, local_server.route("/f", redirect_to(secret.as_uri())))
    with pytest.raises(DataError, match="neither http nor https"):
        fetch(spec, cache_dir=tmp_path / "cache")


def test_no_network_names_the_mirror_option(tmp_path: Path, spec_for) -> None:
    spec = spec_for(CONTENT, "http://127.0.0.1:9/f", "http://127.0.0.1:9/g")
    with pytest.raises(DataError, match=r"could not reach any of 2 address.*data.mirror=DIR"):
        fetch(spec, cache_dir=tmp_path)
    assert left_behind(tmp_path) == []


def test_an_interruption_leaves_nothing(
    local_server, tmp_path: Path, monkeypatch, spec_for
) -> None:
    def interrupted(path: Path, spec: DatasetSpec) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(download, "content_problem", interrupted)
    with pytest.raises(KeyboardInterrupt):
        fetch(spec_for(CONTENT, local_server.serve("/f", CONTENT)), cache_dir=tmp_path)
    assert left_behind(tmp_path) == []


def test_a_cache_that_cannot_be_written_is_named(local_server, tmp_path: Path, spec_for) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    with pytest.raises(DataError, match=r"cannot be written.*data\.cache_dir=DIR"):
        fetch(spec_for(CONTENT, local_server.serve("/f", CONTENT)), cache_dir=blocked)
