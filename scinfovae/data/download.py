"""Verified files: from the cache, a mirror folder or the network, never half and never wrong.

pooch's downloader knows no size bound, no bound of the whole time and no next address, so the
transfer is our own, built on the same promise: a temporary file in the same folder, then the
hash, then an atomic move.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from scinfovae.errors import DataError

if TYPE_CHECKING:
    from scinfovae.data.registry import DatasetSpec

MAX_BYTES = 2 * 2**30
_BACK_OFF_S = 1.0


def _digest(path: Path, digest: hashlib._Hash) -> str:
    with path.open("rb") as stream:
        while chunk := stream.read(2**20):
            digest.update(chunk)
    return digest.hexdigest()


def git_blob_sha1(path: Path) -> str:
    """Compute the name git gives to the content of a file.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    40 hexadecimal digits: SHA-1 of ``blob <size>``, a zero byte and the content.
    """
    header = f"blob {path.stat().st_size}\0".encode()
    return _digest(path, hashlib.sha1(header, usedforsecurity=False))


def sha256(path: Path) -> str:
    """Compute the SHA-256 of a file.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    64 hexadecimal digits.
    """
    return _digest(path, hashlib.sha256())


def content_problem(path: Path, spec: DatasetSpec) -> str | None:
    """Compare a file with the pinned size and hashes of a dataset.

    Parameters
    ----------
    path
        The file.
    spec
        What it should be.

    Returns
    -------
    What differs, naming what was expected and what was found; None if it is the pinned file.

    Raises
    ------
    DataError
        If the file cannot be read.
    """
    try:
        return _difference(path, spec)
    except OSError as error:
        raise DataError(
            f"dataset '{spec.name}': '{path}' cannot be read: {error.strerror or error}."
        ) from error


def _difference(path: Path, spec: DatasetSpec) -> str | None:
    size = path.stat().st_size
    if spec.size_bytes is not None and size != spec.size_bytes:
        return f"expected {spec.size_bytes} bytes, got {size}"
    if (got := git_blob_sha1(path)) != spec.git_blob_sha1:
        return f"expected git blob SHA-1 {spec.git_blob_sha1}, got {got}"
    if spec.sha256 is not None and (got := sha256(path)) != spec.sha256:
        return f"expected SHA-256 {spec.sha256}, got {got}"
    return None


def _from_mirror(spec: DatasetSpec, mirror: Path) -> Path:
    """Find the dataset in a folder; it is used where it lies."""
    if not mirror.is_dir():
        raise DataError(f"the mirror folder '{mirror}' does not exist; check data.mirror=DIR.")
    problems = []
    for name in spec.mirror_names:
        path = mirror / name
        if path.is_file():
            problem = content_problem(path, spec)
            if problem is None:
                return path
            problems.append(f"'{path}' is not the pinned file ({problem})")
    if problems:
        raise DataError(f"dataset '{spec.name}': {'; '.join(problems)}; put the right file there.")
    raise DataError(
        f"dataset '{spec.name}' is not in the mirror folder '{mirror}': put it there as "
        f"'{spec.file_name}' (served by {spec.urls[0]}), or leave data.mirror out to download it."
    )


def _download_once(
    url: str, target: Path, spec: DatasetSpec, max_bytes: int, timeout_s: float, shown: bool | None
) -> None:
    """Bring one address to its place, or leave nothing behind."""
    from scinfovae.data.progress import transfer_progress
    from scinfovae.data.transfer import TransferError, transfer

    descriptor, name = tempfile.mkstemp(prefix=".part-", dir=target.parent)
    temporary = Path(name)
    try:
        with (
            os.fdopen(descriptor, "wb") as stream,
            transfer_progress(f"{spec.name}: downloading {url}", shown) as report,
        ):
            transfer(
                url,
                stream,
                exact_bytes=spec.size_bytes,
                max_bytes=max_bytes,
                timeout_s=timeout_s,
                report=report,
            )
            stream.flush()
            os.fsync(stream.fileno())
        if problem := content_problem(temporary, spec):
            raise TransferError(f"serves other bytes ({problem})", transient=False)
        temporary.chmod(0o644)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def _download(
    spec: DatasetSpec,
    target: Path,
    max_bytes: int,
    timeout_s: float,
    retries: int,
    shown: bool | None,
) -> None:
    """Try all addresses in turn, and those that may recover again after a pause."""
    from scinfovae.data.transfer import TransferError

    failures: dict[str, TransferError] = {}
    pending = list(spec.urls)
    for attempt in range(retries + 1):
        if attempt:
            time.sleep(_BACK_OFF_S * 2 ** (attempt - 1))
        for url in pending:
            try:
                return _download_once(url, target, spec, max_bytes, timeout_s, shown)
            except TransferError as error:
                failures[url] = error
        pending = [url for url in pending if failures[url].transient]
        if not pending:
            break
    remedy = (
        f"Give a folder that holds it as '{spec.file_name}' with data.mirror=DIR, or repeat the "
        "command when the network is there."
    )
    if not any(error.reached for error in failures.values()):
        raise DataError(
            f"dataset '{spec.name}': could not reach any of {len(failures)} address(es) such as "
            f"{spec.urls[0]}; is there a network? {remedy}"
        )
    listed = "; ".join(f"{url} {error}" for url, error in failures.items())
    raise DataError(f"dataset '{spec.name}' could not be downloaded: {listed}. {remedy}")


def cached_path(spec: DatasetSpec, cache_dir: Path) -> Path:
    """Say where the cache keeps a dataset.

    Parameters
    ----------
    spec
        The dataset.
    cache_dir
        The folder of the cache.

    Returns
    -------
    A path named by the content, so that two versions of a file never meet.
    """
    return cache_dir / spec.git_blob_sha1 / spec.file_name


def fetch(
    spec: DatasetSpec,
    *,
    cache_dir: Path,
    mirror: Path | None = None,
    offline: bool = False,
    progress: bool | None = None,
    max_bytes: int = MAX_BYTES,
    timeout_s: float = 900.0,
    retries: int = 2,
) -> Path:
    """Return a verified file of a dataset, downloading it where need be.

    Size and hashes are checked at every call, also of files that were checked before. A failure
    or an interruption leaves no file behind.

    Parameters
    ----------
    spec
        The dataset.
    cache_dir
        Folder for downloaded files; made where it does not exist.
    mirror
        Folder to take the file from instead; it is used in place, after the same checks.
    offline
        Never touch the network.
    progress
        False for silence; otherwise a bar on a terminal, plain lines elsewhere.
    max_bytes
        The most that is accepted for a file of unknown size.
    timeout_s
        Most seconds for one attempt at one address.
    retries
        How often addresses that may recover are tried again, after 1, 2, 4 ... seconds.

    Returns
    -------
    Path of the file.

    Raises
    ------
    DataError
        If the file cannot be had, or has other bytes than expected.
    """
    if mirror is not None:
        return _from_mirror(spec, mirror)
    target = cached_path(spec, cache_dir)
    if target.is_file() and content_problem(target, spec) is None:
        return target
    if offline:
        raise DataError(
            f"the cache '{cache_dir}' holds no intact copy of dataset '{spec.name}', and "
            "data.offline=true forbids to download it: give a folder that holds it with "
            f"data.mirror=DIR, or run 'scinfovae-bench datasets fetch {spec.name}' where there is "
            "a network."
        )
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            _download(spec, target, max_bytes, timeout_s, retries, progress)
        finally:
            with contextlib.suppress(OSError):
                target.parent.rmdir()  # only if nothing came of it
    except OSError as error:
        raise DataError(
            f"dataset '{spec.name}' cannot be written to the cache '{cache_dir}': {error}; choose "
            "another folder with data.cache_dir=DIR."
        ) from error
    return target
