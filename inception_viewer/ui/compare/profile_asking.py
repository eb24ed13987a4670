"""Asking for the branch profile of several photos."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...comparison_questions import BranchProfile, BranchProfileAnswer
from ...questions import Scene
from ...runner import Done, Failed, Outcome, Runner

if TYPE_CHECKING:
    from ..comparing import Comparing


class ProfileAsking:
    """Keeps the page of branch profiles on some photos."""

    def __init__(self, runner: Runner, owner: Comparing) -> None:
        self._runner, self._owner = runner, owner
        self._shown: BranchProfile | None = None
        self._asked: BranchProfile | None = None

    def look(self, scenes: tuple[Scene, ...]) -> None:
        """Show these photos' profile."""
        question = BranchProfile(scenes)
        page = self._owner.view.profile
        if not scenes:
            self._asked = self._shown = None
            page.set_profile(None, ())
        elif question not in (self._asked, self._shown):
            self._asked = question
            self._owner.view.set_updating(page.answer is not None)
            self._runner.live("compare profile", question, self._take)

    def forget(self) -> None:
        """Ask anew."""
        self._shown = self._asked = None

    def _take(self, outcome: Outcome) -> None:
        if outcome.question != self._asked or not isinstance(outcome, Done | Failed):
            return
        self._owner.view.set_updating(False)
        self._owner.fail(outcome if isinstance(outcome, Failed) else None)
        if isinstance(outcome, Done):
            self._shown = self._asked
            self._show(outcome.answer)
        self._asked = None

    def _show(self, answer: BranchProfileAnswer) -> None:
        images = tuple(scene.image for scene in answer.question.scenes)
        names = [one.name for one in self._owner.infos(images)]
        self._owner.view.profile.set_profile(answer, names, self._owner.kernel_note())
