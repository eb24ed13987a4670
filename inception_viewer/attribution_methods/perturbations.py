"""Methods that change the photo and watch the answer."""

from __future__ import annotations

from .description import Method

METHODS: tuple[Method, ...] = ()
