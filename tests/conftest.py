"""Fixtures for tests of several areas: a local web server and files in the Cell BLAST layout."""

from __future__ import annotations

import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import h5py
import numpy as np
import pytest
from scipy import sparse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Route = Callable[[BaseHTTPRequestHandler], None]


class LocalServer:
    """A web server on this machine whose every answer a test decides."""

    def __init__(self) -> None:
        self.hits: Counter[str] = Counter()
        self.routes: dict[str, Route] = {}
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.hits[self.path] += 1
                if self.path in outer.routes:
                    outer.routes[self.path](self)
                else:
                    self.send_error(404)

            def log_message(self, *args: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *args: object) -> None:
                pass  # a client that hangs up on a misbehaving route is what the tests want

        self._server = Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        )
        self._thread.start()

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self._server.server_port}{path}"

    def route(self, path: str, answer: Route) -> str:
        """Let a function answer for a path; return its address."""
        self.routes[path] = answer
        return self.url(path)

    def serve(self, path: str, content: bytes) -> str:
        """Serve bytes properly; return their address."""

        def answer(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(200)
            handler.send_header("Content-Length", str(len(content)))
            handler.end_headers()
            handler.wfile.write(content)

        return self.route(path, answer)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def local_server() -> Iterator[LocalServer]:
    server = LocalServer()
    yield server
    server.close()


def _write_cell_blast(
    path: Path,
    counts: np.ndarray | sparse.spmatrix,
    labels: list[str] | np.ndarray,
    *,
    cell_names: list[str] | None = None,
    gene_names: list[str] | None = None,
    dense: bool = False,
) -> Path:
    matrix = sparse.csr_matrix(counts)
    n_cells, n_genes = matrix.shape
    with h5py.File(path, "w") as handle:
        if dense:
            handle.create_dataset("exprs", data=matrix.toarray(), compression="gzip")
        else:
            group = handle.create_group("exprs")
            group.create_dataset("data", data=matrix.data, compression="gzip")
            group.create_dataset("indices", data=matrix.indices, compression="gzip")
            group.create_dataset("indptr", data=matrix.indptr, compression="gzip")
            group.create_dataset("shape", data=np.array(matrix.shape))
        obs = handle.create_group("obs")
        obs.create_dataset("cell_type1", data=np.array(labels, dtype="S"))
        obs.create_dataset("donor", data=np.array(["d1"] * len(labels), dtype="S"))
        cells = cell_names or [f"c{i}" for i in range(n_cells)]
        genes = gene_names or [f"g{j}" for j in range(n_genes)]
        handle.create_dataset("obs_names", data=np.array(cells, dtype="S"))
        handle.create_dataset("var_names", data=np.array(genes, dtype="S"))
        handle.create_group("var")
        handle.create_group("uns")
    return path


@pytest.fixture
def write_cell_blast() -> Callable[..., Path]:
    """Write counts and labels in the Cell BLAST layout; returns the path."""
    return _write_cell_blast


@pytest.fixture(scope="session")
def muraro_shaped_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a small file with the layout, shape and classes of Muraro; its counts are made up.

    Only 600 genes are expressed, each class doubles 60 of them, and the values are not whole
    numbers, as in the real file.
    """
    rng = np.random.default_rng(0)
    sizes = [812, 448, 245, 219, 193, 101, 80, 21, 3]
    classes = rng.permutation(np.repeat(np.arange(9), sizes))
    profiles = np.tile(rng.gamma(1.0, 0.6, 600), (9, 1))
    for k in range(9):
        profiles[k, 60 * k : 60 * (k + 1)] *= 4.0
    counts = rng.poisson(profiles[classes]) * 1.002
    columns = np.sort(rng.choice(19046, 600, replace=False))
    full = sparse.csr_matrix(
        (counts.ravel(), np.tile(columns, 2122), np.arange(0, 2122 * 600 + 1, 600)),
        shape=(2122, 19046),
    )
    full.eliminate_zeros()
    path = tmp_path_factory.mktemp("muraro") / "data.h5"
    return _write_cell_blast(path, full, [f"type_{k}" for k in classes])
