"""One attempt to transfer one address, bounded in bytes, in time and in redirects."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    import requests

    from scinfovae.data.progress import Report

MAX_REDIRECTS = 5
_CHUNK_BYTES = 2**18
_SILENCE_S = 30.0


class TransferError(Exception):
    """One address failed.

    Attributes
    ----------
    transient
        Whether the failure may be gone at the next attempt.
    reached
        Whether a server answered at all.
    """

    def __init__(self, message: str, *, transient: bool, reached: bool = True) -> None:
        super().__init__(message)
        self.transient = transient
        self.reached = reached


def transfer(
    url: str,
    stream: BinaryIO,
    *,
    exact_bytes: int | None,
    max_bytes: int,
    timeout_s: float,
    report: Report,
) -> None:
    """Write what an http(s) address serves into an open file.

    Parameters
    ----------
    url
        The address; redirects are followed, at most `MAX_REDIRECTS` and only to http(s).
    stream
        Where the bytes go.
    exact_bytes
        The size that is expected, where it is known.
    max_bytes
        The most that is accepted where it is not.
    timeout_s
        Most seconds for the whole attempt.
    report
        Called with the bytes received and the announced total.

    Raises
    ------
    TransferError
        If it failed; whatever was written is then of no use.
    """
    import requests
    import urllib3

    deadline = time.monotonic() + timeout_s
    silence = min(timeout_s, _SILENCE_S)
    # an encoded body has another length than the file: ask for the plain bytes
    headers = {"Accept-Encoding": "identity", "User-Agent": "scinfovae"}
    reached = False
    try:
        with requests.Session() as session:
            session.max_redirects = MAX_REDIRECTS
            with session.get(url, stream=True, timeout=silence, headers=headers) as response:
                reached = True
                _check_status(response.status_code)
                _copy(response, stream, exact_bytes, max_bytes, deadline, report)
    except requests.TooManyRedirects as error:
        raise TransferError(
            f"redirects more than {MAX_REDIRECTS} times", transient=False
        ) from error
    except requests.exceptions.InvalidSchema as error:
        raise TransferError("redirects to neither http nor https", transient=False) from error
    except (requests.Timeout, urllib3.exceptions.TimeoutError) as error:
        raise TransferError(
            f"was silent for {silence:g} s", transient=True, reached=reached
        ) from error
    except (requests.ConnectionError, urllib3.exceptions.HTTPError) as error:
        what = "broke the connection off" if reached else "cannot be reached"
        raise TransferError(what, transient=True, reached=reached) from error
    except requests.RequestException as error:
        raise TransferError(f"cannot be used ({error})", transient=False) from error


def _check_status(status: int) -> None:
    if status != 200:
        busy = status >= 500 or status in (408, 429)
        raise TransferError(f"answers with HTTP status {status}", transient=busy)


def _copy(
    response: requests.Response,
    stream: BinaryIO,
    exact_bytes: int | None,
    max_bytes: int,
    deadline: float,
    report: Report,
) -> None:
    length = response.headers.get("Content-Length", "")
    announced = int(length) if length.isdigit() else None
    limit = max_bytes if exact_bytes is None else exact_bytes
    if announced is not None and announced > limit:
        raise TransferError(
            f"offers {announced} bytes where at most {limit} are expected", transient=False
        )
    # read1 returns what has come; read would wait for a full chunk, for ever on a dripping server
    read = getattr(response.raw, "read1", response.raw.read)
    received = 0
    while chunk := read(_CHUNK_BYTES):
        received += len(chunk)
        if received > limit:
            raise TransferError(
                f"sends more than the {limit} bytes that are expected at most", transient=False
            )
        if time.monotonic() > deadline:
            raise TransferError("is too slow", transient=True)
        stream.write(chunk)
        report(received, announced)
    wanted = exact_bytes if announced is None else announced
    if wanted is not None and received < wanted:
        raise TransferError(f"broke off after {received} of {wanted} bytes", transient=True)
