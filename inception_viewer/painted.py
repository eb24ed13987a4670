"""What is painted over the photos of a window, and how it changes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from .changed_inputs import edits_before_paint
from .edit_questions import Brush, BrushSettings, Stroke
from .moved_strokes import above
from .questions import Preprocessing

if TYPE_CHECKING:
    from .session import State


@dataclass(frozen=True)
class Painting:
    """What was painted over a photo's picture.

    ``cut`` is how the picture is made of the photo (see :func:`cut_of`): strokes are in its
    pixels, so that they say nothing of a picture that is made another way.
    """

    image: str
    cut: tuple[int | str, ...]
    brush: Brush


def cut_of(made: Preprocessing) -> tuple[int | str, ...]:
    """Return what decides which part of a photo each pixel of the picture is."""
    size = (made.height, made.width, made.resize)
    return size if made.resize == "squeeze" else (*size, made.short_side)


def paint(state: State, strokes: tuple[Stroke, ...], *, stroking: bool = False) -> State:
    """Paint these strokes, and no others, over the picture looked at; none shows it unpainted."""
    scene = state.scene
    if scene is None:
        return state
    place = (scene.image, cut_of(scene.preprocessing))
    rest = tuple(one for one in state.paintings if (one.image, one.cut) != place)
    fill = state.painting.fill if state.painting else state.brush.fill
    before = edits_before_paint(state, scene.image)
    brush = above(Brush(strokes, fill), before, scene.preprocessing)
    made = (Painting(*place, brush),) if strokes else ()
    return replace(state, paintings=(*rest, *made), stroking=stroking, picture_moves=stroking)


def use_brush(state: State, settings: BrushSettings) -> State:
    """Paint with another brush; its fill is also that of what is painted over the picture."""
    state = replace(state, brush=settings)
    scene, now = state.scene, state.painting
    if scene is None or now is None or now.fill == settings.fill:
        return state
    place = (scene.image, cut_of(scene.preprocessing))
    changed = (
        replace(p, brush=replace(p.brush, fill=settings.fill)) if (p.image, p.cut) == place else p
        for p in state.paintings
    )
    return replace(state, paintings=tuple(changed))
