"""Errors whose message is one sentence for the person in front of the window."""

from __future__ import annotations


class ViewerError(Exception):
    """Base of all errors that explain themselves."""

    for_people = True


class CheckpointError(ViewerError):
    """A checkpoint that cannot be opened; says what it looks like and what is missing."""


class ClassListError(ViewerError):
    """A list of class names that cannot be used; says why."""


class ImageError(ViewerError):
    """A photo that cannot be read; says why."""


class QuestionError(ViewerError):
    """A question that makes no sense for this network (no such unit, head or class)."""
