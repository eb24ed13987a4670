"""What a checkpoint says of heads that were fitted here: its metadata, and the words for it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

KEY = "fitted"
"""Where a checkpoint's metadata keeps it, as JSON."""


def fitted_phrase(metadata: Mapping[str, str]) -> str:
    """Return ``"fitted here on 1,350 images"``, or ``""`` if no head of the checkpoint was."""
    count = read_fitted(metadata).get("images")
    return f"fitted here on {count:,} images" if isinstance(count, int) else ""


def fitted_heads(heads: Mapping[str, str], metadata: Mapping[str, str]) -> dict[str, str]:
    """Return ``"fitted here on 1,350 images"`` for each head that was, in the order of depth.

    Parameters
    ----------
    heads
        State of each head.
    metadata
        Of the same checkpoint.
    """
    here = fitted_phrase(metadata) or "fitted here"
    return {head: here for head in sorted(heads) if heads[head] == "fitted"}


def read_fitted(metadata: Mapping[str, str]) -> Mapping[str, Any]:
    """Return what is kept of the fit: ``images``, ``validation``, ``targets``, ``heads``, ….

    Empty if no head was fitted, or what is written there cannot be understood.
    """
    try:
        said = json.loads(metadata.get(KEY, "{}"))
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}
