"""Asking for the maps and pictures of several photos, one at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...grid_questions import Picture
from ...questions import Maps, MapsAnswer, Pixels, Question, Scene
from ...runner import Done, Failed, Outcome, Runner
from ...session import State
from .rows import Column, letter

if TYPE_CHECKING:
    from ..comparing import Comparing


LIVE = "compare images"
"""A view of its own: the newest question of a view drops the one before it."""


class ImagesAsking:
    """Keeps the page of images on some photos and a unit; one question at a time."""

    def __init__(self, runner: Runner, owner: Comparing) -> None:
        self._runner, self._owner = runner, owner
        self._scenes: tuple[Scene, ...] = ()
        self._unit = ""
        self._channel: tuple[str, int] | None = None
        self._known: dict[Question, MapsAnswer | Pixels] = {}
        self._asked: Question | None = None
        self._failed: set[Question] = set()

    def look(self, scenes: tuple[Scene, ...], state: State) -> None:
        """Compare these photos' maps of the unit that is selected."""
        self._scenes, self._unit, self._channel = scenes, state.unit, state.channel
        wanted = set(self._questions())
        self._known = {asked: what for asked, what in self._known.items() if asked in wanted}
        self._failed &= wanted
        if not self._failed:
            self._owner.fail(None)
        self._go_on()

    def forget(self) -> None:
        """Drop all answers."""
        self._known, self._asked, self._failed = {}, None, set()

    def _questions(self) -> list[Question]:
        maps = [Maps(scene, self._unit) for scene in self._scenes]
        return [*maps, *(Picture(scene) for scene in self._scenes)]

    def _go_on(self) -> None:
        """Show what is known, and ask for the next that is missing."""
        missing = [
            one for one in self._questions() if one not in self._known and one not in self._failed
        ]
        self._show(complete=not any(isinstance(one, Maps) for one in missing))
        if not missing:
            self._asked = None
        elif self._asked not in missing:
            self._asked = missing[0]
            self._runner.live(LIVE, missing[0], self._take)

    def _show(self, *, complete: bool) -> None:
        """Show it; while a unit's maps are still to come, those of the last one stay."""
        page, view = self._owner.view.images, self._owner.view
        view.set_updating(not complete and bool(page.sheet.rows))
        if not complete and page.sheet.rows:
            return
        pictures = {scene.image: self._known.get(Picture(scene)) for scene in self._scenes}
        columns = tuple(self._owner.column(s, pictures[s.image]) for s in self._scenes)
        answers = {s.image: self._known.get(Maps(s, self._unit)) for s in self._scenes}
        known = {image: one for image, one in answers.items() if one is not None}
        page.set_subject(self._unit, self._channel, self._caption(columns))
        page.set_columns(columns, known)

    def _caption(self, columns: tuple[Column, ...]) -> str:
        if not self._scenes:
            return ""
        named = ", ".join(f"{letter(at)} {one.name}" for at, one in enumerate(columns))
        mark = self._scenes[0].checkpoint[:12]
        return f"{self._unit} of {named}. The same scale for all photos. Checkpoint {mark}."

    def _take(self, outcome: Outcome) -> None:
        asked = outcome.question
        if asked != self._asked or not isinstance(outcome, Done | Failed):
            return
        if isinstance(outcome, Done):
            answer = outcome.answer
            self._known[asked] = answer.picture if isinstance(asked, Picture) else answer
        else:
            self._failed.add(asked)
            self._owner.fail(outcome)
        self._go_on()
