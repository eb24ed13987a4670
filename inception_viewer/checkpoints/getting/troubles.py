"""What goes wrong on the way, in words, and whether trying again may help."""

from __future__ import annotations

import errno
import re
from http import HTTPStatus
from urllib.parse import urlsplit

import requests

from inception_viewer.errors import CheckpointError

AGAIN = frozenset((408, 425, 429, 500, 502, 503, 504))
"""Status codes that may be gone at the next try."""
FULL = frozenset((errno.ENOSPC, errno.EDQUOT, errno.EFBIG))

CERTAIN: tuple[tuple[type[Exception], str], ...] = (
    (requests.exceptions.ProxyError, "The proxy set for this computer does not lead to {host}"),
    (requests.exceptions.SSLError, "{host} does not prove that it is {host} (certificate)"),
    (requests.TooManyRedirects, "{host} redirects in circles"),
    (requests.exceptions.InvalidSchema, "{host} redirects to an address that is not http"),
    (requests.exceptions.InvalidURL, "{host} redirects to an address that makes no sense"),
    (requests.exceptions.MissingSchema, "{host} redirects to an address that makes no sense"),
)
"""What another try will not mend."""


class AttemptError(Exception):
    """One attempt failed; ``words`` is a sentence without its full stop.

    ``again`` says whether another attempt may succeed, ``by_hand`` whether telling how to
    do it by hand helps.
    """

    def __init__(self, words: str, *, again: bool, by_hand: bool = True) -> None:
        super().__init__(words)
        self.words, self.again, self.by_hand = words, again, by_hand


def host_of(url: str) -> str:
    """Return the host's name in an address."""
    return urlsplit(url).hostname or url


def of_request(error: Exception, url: str) -> AttemptError:
    """Return what an exception of requests means."""
    host = host_of(url)
    for kind, words in CERTAIN:
        if isinstance(error, kind):
            return AttemptError(words.format(host=host), again=False)
    text = str(error)
    if isinstance(error, requests.Timeout) or "Read timed out" in text:  # in the middle, as well
        return silent(url)
    if re.search(r"NameResolution|getaddrinfo|Name or service", text):
        return AttemptError(f"{host} cannot be found; is this computer online?", again=False)
    if "NewConnectionError" in text:
        return AttemptError(f"{host} cannot be reached; is this computer online?", again=False)
    if isinstance(error, OSError):  # as all of requests' exceptions are
        return AttemptError(f"The connection to {host} broke off", again=True)
    raise error


def silent(url: str) -> AttemptError:
    """Return what it means that nothing comes."""
    return AttemptError(f"{host_of(url)} does not answer any more", again=True)


def of_status(status: int, url: str) -> AttemptError:
    """Return what a status other than success means."""
    host = host_of(url)
    if status in (404, 410):
        return AttemptError(f"{host} does not have the file any more ({status})", again=False)
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = "unknown"
    return AttemptError(f"{host} answers with an error ({status}, {phrase})", again=status in AGAIN)


def of_disk(error: OSError, folder: str) -> CheckpointError:
    """Return what a failure to write means."""
    if error.errno in FULL:
        return CheckpointError(
            f"The disk with {folder} is full; what has arrived is kept, and once there is room "
            "the download goes on from there."
        )
    return CheckpointError(
        f"{folder} cannot be written to ({error.strerror or error}); choose another folder."
    )
