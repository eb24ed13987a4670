"""Methods that explain a channel or position of a unit by the pixels."""

from __future__ import annotations

from .description import Method

METHODS: tuple[Method, ...] = ()
