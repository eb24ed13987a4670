"""Is a file the one that was published? Digests as ``"algorithm:hex"``.

``git-blob`` is git's own name of a file's content, which is public for every file in a
public repository: SHA-1 over ``blob``, the length, a zero byte and the content
(gitformat-object).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

GIT_BLOB = "git-blob"
BLOCK = 1 << 20


def digest_of(path: Path, algorithm: str, step: Callable[[], None] = lambda: None) -> str:
    """Return a file's digest in hex.

    Parameters
    ----------
    path
        The file.
    algorithm
        ``"git-blob"`` or a name of :mod:`hashlib`.
    step
        Called after every megabyte, and may raise to end it.
    """
    git = algorithm == GIT_BLOB
    made = hashlib.new("sha1" if git else algorithm, usedforsecurity=False)
    if git:
        made.update(f"blob {path.stat().st_size}\0".encode())
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            made.update(block)
            step()
    return made.hexdigest()


def matches(path: Path, digest: str, step: Callable[[], None] = lambda: None) -> bool:
    """Whether a file has a digest, given as ``"algorithm:hex"``."""
    algorithm, _, expected = digest.partition(":")
    return digest_of(path, algorithm, step) == expected.lower()


def for_pooch(digest: str) -> str | None:
    """Return the digest as pooch takes it, None where pooch does not know the algorithm."""
    return None if digest.startswith(f"{GIT_BLOB}:") else digest
