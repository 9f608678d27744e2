"""A hub on 127.0.0.1, with the paths and headers that huggingface_hub uses, and faults on demand.

Requests for files are answered as the real hub does for large ones: a redirect with the size and
the checksum, to another address that sends the bytes.
"""

from __future__ import annotations

import hashlib
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote

REVISION = "0123456789abcdef0123456789abcdef01234567"
_RESOLVE = re.compile(r"/(?P<repository>[^/]+/[^/]+)/resolve/(?P<revision>[^/]+)/(?P<file>.+)")
_BLOCK = 1 << 14


@dataclass
class Fault:
    """A fault that occurs `times` times.

    It affects the request about a file (`on` is "ask") or for its bytes ("bytes"). Only the fields
    that are set have an effect.
    """

    on: str = "bytes"
    times: int = 1
    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    drop_at: int | None = None
    """The connection ends before this byte of the file."""
    ignores_range: bool = False
    announces: int | None = None
    """A length that is not the file's."""
    flips_at: int | None = None
    """This byte arrives with its lowest bit changed."""
    pause_s: float = 0.0
    """Before each block of 16 KiB."""
    holds_end_until: threading.Event | None = None
    """The last block is not sent before this event."""
    redirects_to: str | None = None
    """Another host, with the same paths."""


class HubServer(ThreadingHTTPServer):
    """The server of the hub.

    Attributes:
        files: The paths of its files, by repository and name.
        sent: The number of content bytes that were sent.
        requests: All requests, with their headers in lower case.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files: dict[tuple[str, str], Path] = {}
        self.faults: list[Fault] = []
        self.requests: list[tuple[str, str, dict[str, str]]] = []
        self.sent = 0
        self.revisions = {REVISION, "main"}
        self.tells_size = True
        self.tells_commit = True
        self.private: set[str] = set()
        """Repositories that are answered as gated ones without a token."""
        self._guard = threading.Condition()
        self._sums: dict[Path, str] = {}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    @property
    def cdn(self) -> str:
        """The address that sends the bytes. To a client it looks like another host."""
        return f"http://localhost:{self.server_port}"

    def put(self, repository: str, name: str, path: Path) -> None:
        self.files[repository, name] = path

    def sha256(self, path: Path) -> str:
        with self._guard:
            if path not in self._sums:
                self._sums[path] = hashlib.sha256(path.read_bytes()).hexdigest()
            return self._sums[path]

    def fault(self, on: str) -> Fault:
        """Return the next fault for this kind of request, or an empty one."""
        with self._guard:
            for fault in self.faults:
                if fault.on == on and fault.times > 0:
                    fault.times -= 1
                    return fault
        return Fault()

    def count(self, sent: int) -> None:
        with self._guard:
            self.sent += sent
            self._guard.notify_all()

    def wait_until_sent(self, count: int, seconds: float = 30) -> bool:
        """Wait until `count` content bytes were sent. Returns False after `seconds`."""
        with self._guard:
            return self._guard.wait_for(lambda: self.sent >= count, seconds)

    def requests_for(self, path: str) -> list[dict[str, str]]:
        """Return the headers of every request whose path begins with `path`."""
        return [headers for _, asked, headers in self.requests if asked.startswith(path)]

    def handle_error(self, *_: object) -> None:
        """Ignore clients that close their connection, as many tests do."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: HubServer

    def setup(self) -> None:
        super().setup()
        # A small buffer: bytes in it count as sent, although no client has received them.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _BLOCK)

    def log_message(self, *_: object) -> None: ...

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def _answer(self) -> None:
        # Clients send a proxy the whole URL.
        address = re.sub("^http://[^/]+", "", self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.requests.append((self.command, self.path, headers))
        path = unquote(address)
        if path.startswith("/cdn"):
            return self._bytes(path.removeprefix("/cdn"))
        return self._resolve(path)

    def _found(self, path: str) -> Path | None:
        match = _RESOLVE.fullmatch(path)
        return self.server.files.get((match["repository"], match["file"])) if match else None

    def _resolve(self, path: str) -> None:
        fault = self.server.fault("ask")
        if fault.status is not None:
            return self._plain(fault.status, fault.headers)
        match = _RESOLVE.fullmatch(path)
        known = {repository for repository, _ in self.server.files}
        if match is None or match["repository"] not in known:
            return self._plain(404, {"X-Error-Code": "RepoNotFound"})
        if match["repository"] in self.server.private and "Authorization" not in self.headers:
            return self._plain(403, {"X-Error-Code": "GatedRepo"})
        if match["revision"] not in self.server.revisions:
            return self._plain(404, {"X-Error-Code": "RevisionNotFound"})
        file = self._found(path)
        if file is None:
            return self._plain(404, {"X-Error-Code": "EntryNotFound"})
        headers = {
            "X-Linked-Etag": f'"{self.server.sha256(file)}"',
            "Location": f"{fault.redirects_to or self.server.cdn}/cdn{path}",
        }
        if self.server.tells_commit:
            revision = match["revision"]
            headers["X-Repo-Commit"] = REVISION if revision == "main" else revision
        if self.server.tells_size:
            headers["X-Linked-Size"] = str(file.stat().st_size)
        return self._plain(302, {**headers, **fault.headers})

    def _plain(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": "0", **headers}.items():
            self.send_header(name, value)
        self.end_headers()

    def _bytes(self, path: str) -> None:
        fault = self.server.fault("bytes")
        if fault.status is not None:
            return self._plain(fault.status, fault.headers)
        file = self._found(path)
        if file is None:
            return self._plain(404, {"X-Error-Code": "EntryNotFound"})
        size, begin = file.stat().st_size, 0
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        if asked and not fault.ignores_range:
            begin = int(asked[1])
            if begin >= size:
                return self._plain(416, {"Content-Range": f"bytes */{size}"})
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {begin}-{size - 1}/{size}")
        else:
            self.send_response(200)
        announced = size if fault.announces is None else fault.announces
        self.send_header("Content-Length", str(announced - begin))
        self.end_headers()
        self._send(file, begin, min(size, announced), fault)

    def _send(self, file: Path, begin: int, end: int, fault: Fault) -> None:
        with file.open("rb") as stream:
            stream.seek(begin)
            while begin < end:
                stop = end if fault.drop_at is None else min(end, fault.drop_at)
                block = bytearray(stream.read(min(_BLOCK, stop - begin)))
                if fault.flips_at is not None and begin <= fault.flips_at < begin + len(block):
                    block[fault.flips_at - begin] ^= 1
                if not block:  # dropped
                    self.close_connection = True
                    self.connection.shutdown(socket.SHUT_RDWR)
                    return
                time.sleep(fault.pause_s)  # simulates a slow connection; no test waits for this
                if fault.holds_end_until is not None and begin + len(block) == end:
                    fault.holds_end_until.wait()
                self.wfile.write(block)
                self.server.count(len(block))
                begin += len(block)
        # Bytes that were announced beyond the end are never sent.
        self.close_connection = fault.announces is not None


@contextmanager
def hub_server() -> Iterator[HubServer]:
    """Run a hub until the `with` block ends."""
    server = HubServer()
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
