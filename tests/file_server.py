"""A server on this machine that hands out one file, well or badly, and keeps a log.

A test says how each request is to be treated; what is not said is treated well, ranges
and validators included (RFC 9110).
"""

from __future__ import annotations

import hashlib
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Request:
    """One request as the server saw it, and the bytes of the body that it sent."""

    target: str
    range: str | None
    if_range: str | None
    sent: int


@dataclass
class Served:
    """The file, how to treat requests for it, and what came of them.

    Attributes
    ----------
    content
        The file.
    etag, modified
        Validators, None for none.
    treatments
        What to do with the first, second, … request; each is called with the handler.
    log
        Every request that has been answered, in order.
    """

    content: bytes
    etag: str | None = '"v1"'
    modified: str | None = None
    ranges: bool = True
    treatments: list[Callable[[Handler], int]] = field(default_factory=list)
    log: list[Request] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)
    address: str = ""

    @property
    def url(self) -> str:
        """Where the file is."""
        return f"{self.address}/net.pth"

    @property
    def sha256(self) -> str:
        """The file's digest."""
        return hashlib.sha256(self.content).hexdigest()

    @property
    def ranges_asked(self) -> list[str | None]:
        """The Range header of each request."""
        return [request.range for request in self.log]


class Handler(BaseHTTPRequestHandler):
    """Answers GET."""

    server: Server

    def do_GET(self) -> None:
        """Treat the request as the test says."""
        served, sent = self.server.served, 0
        treatment = served.treatments.pop(0) if served.treatments else well
        try:
            sent = treatment(self)
        except (BrokenPipeError, ConnectionResetError):
            sent = -1  # the other side has left
        headers = self.headers
        served.log.append(Request(self.path, headers["Range"], headers["If-Range"], sent))

    def head(self, status: int, **headers: str | int | None) -> None:
        """Send a status and headers (underscores for hyphens)."""
        self.send_response(status)
        for name, value in headers.items():
            if value is not None:
                self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()

    def body(self, data: bytes) -> int:
        """Send bytes and return how many."""
        self.wfile.write(data)
        self.wfile.flush()
        return len(data)

    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet; the log is in :class:`Served`."""


class Server(ThreadingHTTPServer):
    """Has the file."""

    daemon_threads = True

    def __init__(self, served: Served) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.served = served
        served.address = f"http://127.0.0.1:{self.server_address[1]}"


@contextmanager
def serving(content: bytes, **how: object) -> Iterator[Served]:
    """Serve a file until the block ends."""
    served = Served(content, **how)  # type: ignore[arg-type]
    server = Server(served)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield served
    finally:
        served.released.set()
        server.shutdown()
        server.server_close()
        thread.join()


# --- how a request can be treated -------------------------------------------------------


def _asked(handler: Handler) -> tuple[int, bytes]:
    """Return the first byte asked for, and what follows from there."""
    served = handler.server.served
    said = re.fullmatch(r"bytes=(\d+)-", handler.headers["Range"] or "")
    if not said or not served.ranges:
        return 0, served.content
    condition = handler.headers["If-Range"]
    if condition is not None and condition not in (served.etag, served.modified):
        return 0, served.content
    return int(said[1]), served.content[int(said[1]) :]


def _answer(handler: Handler, start: int, length: int | None) -> None:
    served, whole = handler.server.served, len(handler.server.served.content)
    handler.head(
        206 if start else 200,
        Content_Length=length,
        Content_Range=f"bytes {start}-{whole - 1}/{whole}" if start else None,
        ETag=served.etag,
        Last_Modified=served.modified,
        Content_Type="application/octet-stream",
    )


def well(handler: Handler) -> int:
    """Do everything right."""
    start, data = _asked(handler)
    if start and not data:
        handler.head(416, Content_Length=0)
        return 0
    _answer(handler, start, len(data))
    return handler.body(data)


def cut_after(count: int) -> Callable[[Handler], int]:
    """Promise everything, send ``count`` bytes, and reset the connection."""

    def treat(handler: Handler) -> int:
        start, data = _asked(handler)
        _answer(handler, start, len(data))
        sent = handler.body(data[:count])
        handler.connection.shutdown(socket.SHUT_WR)
        handler.close_connection = True
        return sent

    return treat


def ends_after(count: int) -> Callable[[Handler], int]:
    """State no length, send ``count`` bytes and end in good order."""

    def treat(handler: Handler) -> int:
        start, data = _asked(handler)
        _answer(handler, start, None)
        return handler.body(data[:count])

    return treat


def stall_after(count: int) -> Callable[[Handler], int]:
    """Send ``count`` bytes and then nothing, until the test is over."""

    def treat(handler: Handler) -> int:
        start, data = _asked(handler)
        _answer(handler, start, len(data))
        sent = handler.body(data[:count])
        handler.server.served.released.wait(30)
        return sent

    return treat


def mute(handler: Handler) -> int:
    """Take the request and say nothing at all."""
    handler.server.served.released.wait(30)
    return 0


def slowly(pieces: int, seconds: float) -> Callable[[Handler], int]:
    """Send everything in pieces, with pauses."""

    def treat(handler: Handler) -> int:
        start, data = _asked(handler)
        _answer(handler, start, len(data))
        size, sent = -(-len(data) // pieces), 0
        while sent < len(data):
            sent += handler.body(data[sent : sent + size])
            time.sleep(seconds)
        return sent

    return treat


def status(code: int, body: bytes = b"no", **headers: str) -> Callable[[Handler], int]:
    """Answer with a status."""

    def treat(handler: Handler) -> int:
        handler.head(code, Content_Length=len(body), **headers)
        return handler.body(body)

    return treat


def redirect(to: str) -> Callable[[Handler], int]:
    """Send the asker elsewhere."""
    return status(302, b"", Location=to)


def instead(content: bytes, **headers: str) -> Callable[[Handler], int]:
    """Send other bytes, as if they were the file."""
    return status(200, content, **headers)


def wrong_range(handler: Handler) -> int:
    """Answer a range with one that begins elsewhere."""
    content = handler.server.served.content
    handler.head(
        206,
        Content_Length=10,
        Content_Range=f"bytes 5-14/{len(content)}",
        ETag=handler.server.served.etag,
    )
    return handler.body(content[5:15])


def unconditional(handler: Handler) -> int:
    """Honour the range whatever the condition says, as careless servers do."""
    served = handler.server.served
    start = int(re.sub(r"\D", "", handler.headers["Range"] or "0"))
    _answer(handler, start, len(served.content) - start)
    return handler.body(served.content[start:])
