"""Methods that send relevance back by rules of their own."""

from __future__ import annotations

from .description import Method

METHODS: tuple[Method, ...] = ()
