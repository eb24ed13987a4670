"""An index of a folder: the photos, and the places in them, that excite each channel most."""

from __future__ import annotations

from .building import answer as build
from .places import place_for
from .top_photos import find_indexes, top_photos

__all__ = ["build", "find_indexes", "place_for", "top_photos"]
