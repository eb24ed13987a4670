"""Methods that read a gradient at the photo, and their means over noisy copies."""

from __future__ import annotations

from .description import Method

METHODS: tuple[Method, ...] = ()
