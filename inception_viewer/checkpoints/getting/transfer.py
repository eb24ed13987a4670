"""One HTTP request on a thread of its own, so that whoever waits for it can leave at any moment.

Looking up a name, connecting and reading cannot be interrupted in the thread that does them.
"""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Literal

import requests

CHUNK = 16 << 10
"""Bytes per item; a slow line has to fill one within the patience that is had with it."""
AHEAD = 64
"""Items read ahead of the disk."""
REDIRECTS = 8


@dataclass(frozen=True)
class Head:
    """How a server answered: status, headers (whatever their case), and the final address."""

    status: int
    headers: Mapping[str, str]
    url: str


END: Literal["end"] = "end"
"""The answer is complete."""
Item = Head | bytes | Literal["end"] | Exception


class Transfer:
    """A request under way; :meth:`next` gives its head, its bytes, and its end or failure.

    Proxies and certificates are those of the environment (``HTTPS_PROXY``, ``NO_PROXY``,
    ``REQUESTS_CA_BUNDLE``, …), as in everything that uses requests. Redirects are followed.

    Parameters
    ----------
    url
        Address, http or https.
    headers
        Sent along.
    seconds
        How long connecting, and each read, may take.
    """

    def __init__(self, url: str, headers: Mapping[str, str], seconds: float) -> None:
        self._url, self._headers, self._seconds = url, dict(headers), seconds
        self._items: queue.Queue[Item] = queue.Queue(AHEAD)
        self._closed = threading.Event()
        self._response: requests.Response | None = None
        self._thread = threading.Thread(target=self._work, name="inception-download", daemon=True)
        self._thread.start()

    def next(self, seconds: float) -> Item | None:
        """Return what came next; None if nothing did for ``seconds``."""
        try:
            return self._items.get(timeout=seconds)
        except queue.Empty:
            return None

    def close(self) -> None:
        """Let go of the connection; returns soon, even if the server is silent."""
        self._closed.set()
        if self._response is not None:
            # Ends a read that waits; looking up a name and connecting end by themselves.
            with contextlib.suppress(OSError, ValueError, RuntimeError, AttributeError):
                self._response.raw.shutdown()
        self._thread.join(0.5)

    def __enter__(self) -> Transfer:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    # On the thread.

    def _work(self) -> None:
        try:
            with requests.Session() as session:
                session.max_redirects = REDIRECTS
                with session.get(
                    self._url, headers=self._headers, stream=True, timeout=self._seconds
                ) as response:
                    self._response = response
                    if self._put(Head(response.status_code, response.headers, response.url)):
                        self._read(response)
        except Exception as error:  # whoever waits decides what it means
            self._put(error)

    def _read(self, response: requests.Response) -> None:
        for chunk in response.iter_content(CHUNK):
            if not self._put(chunk):
                return
        self._put(END)

    def _put(self, item: Item) -> bool:
        """Hand an item over; False once nobody wants it any more."""
        while not self._closed.is_set():
            with contextlib.suppress(queue.Full):
                self._items.put(item, timeout=0.1)
                return True
        return False
