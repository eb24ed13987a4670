"""Asking how two checkpoints see some photos: what is seen of one first, then all numbers."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from ...comparison_questions import CheckpointsAnswer, CompareCheckpoints
from ...questions import CheckpointInfo, Overview, OverviewAnswer, Preprocessing, Scene
from ...runner import Cancelled, Done, Failed, Outcome, Partial, Runner, Ticket
from ...session import State
from ..progress import progress_text
from ..status_bar import Activity, StatusBar
from .checkpoints_page import STOPPED, WORKING
from .pair import Pair, Side

if TYPE_CHECKING:
    from ..comparing import Comparing

KEY = "compare"
UNIT = "inception5b"
"""Whose maps come along with an overview: the smallest."""


class CheckpointsAsking:
    """Keeps the page of checkpoints on two of them and some photos."""

    def __init__(self, runner: Runner, owner: Comparing, status: StatusBar) -> None:
        self._runner, self._owner, self._status = runner, owner, status
        self._infos: tuple[CheckpointInfo, ...] = ()
        self._wanted: CompareCheckpoints | None = None
        self._known: dict[Overview, OverviewAnswer] = {}
        self._overview: Overview | None = None
        self._answer: CheckpointsAnswer | None = None
        self._classes: tuple[tuple[str, ...], ...] = ()
        self._ticket: Ticket | None = None
        self._run, self._held = 0, False
        self._image, self._looked_at = "", ""
        page = owner.view.checkpoints
        page.other_chosen.connect(lambda _: owner.look_again())
        page.stepped.connect(self._step)
        page.cancelled.connect(self.cancel)
        page.asked.connect(self._again)

    # --- what is looked at -----------------------------------------------------------

    def look(self, state: State, scenes: tuple[Scene, ...]) -> None:
        """Compare the checkpoint looked at with the chosen one, by these photos."""
        page, info = self._owner.view.checkpoints, state.open_checkpoint
        assert info is not None
        others = [one for one in state.checkpoints if one is not info]
        page.set_checkpoints(info, others)
        other = next((one for one in others if one.fingerprint == page.chosen_other), None)
        if other is None or not scenes:
            self._want(None, ())
            page.set_photos((), 0)
            page.set_pair(None)
            return
        made = made_of(state, other)
        theirs = tuple(
            replace(one, checkpoint=other.fingerprint, preprocessing=made) for one in scenes
        )
        self._follow(state.image, [scene.image for scene in scenes])
        self._want(CompareCheckpoints(scenes, theirs), (info, other))
        self._go_on()

    def _follow(self, looked_at: str, images: list[str]) -> None:
        """Show the photo that the window turned to, if it is among these."""
        if looked_at != self._looked_at and looked_at in images:
            self._image = looked_at
        self._looked_at = looked_at
        if self._image not in images:
            self._image = images[0]

    def _want(self, question: CompareCheckpoints | None, infos: tuple[CheckpointInfo, ...]) -> None:
        classes = tuple(info.classes for info in infos)
        self._infos = infos
        if (question, classes) == (self._wanted, self._classes):
            return
        self._drop()
        self._owner.fail(None)
        self._wanted, self._classes = question, classes
        self._answer, self._held = None, False
        scenes = {*question.first, *question.second} if question is not None else set()
        self._known = {asked: one for asked, one in self._known.items() if asked.scene in scenes}

    def forget(self) -> None:
        """Drop all answers: they would be others now."""
        self._want(None, ())
        self._known, self._overview = {}, None

    def cancel(self) -> None:
        """Stop; heads and maps stay."""
        if self._ticket is not None:
            self._drop()
            self._held = True
            self._show()

    def _again(self) -> None:
        self._held = False
        self._go_on()

    def _drop(self) -> None:
        ticket, self._ticket = self._ticket, None
        if ticket is not None:
            ticket.cancel()
            self._end()

    def _step(self, by: int) -> None:
        if self._wanted is not None:
            images = [scene.image for scene in self._wanted.first]
            self._image = images[min(len(images) - 1, max(0, self._place + by))]
            self._go_on()

    @property
    def _place(self) -> int:
        assert self._wanted is not None
        return [scene.image for scene in self._wanted.first].index(self._image)

    # --- asking ----------------------------------------------------------------------

    def _overviews(self) -> list[Overview]:
        assert self._wanted is not None
        sides = self._wanted.first, self._wanted.second
        return [Overview(scenes[self._place], UNIT) for scenes in sides]

    def _go_on(self) -> None:
        """Show what is known, and ask for the next that is missing."""
        if self._wanted is None:
            return
        missing = [asked for asked in self._overviews() if asked not in self._known]
        self._show()
        if missing and self._overview != missing[0]:
            self._overview = missing[0]
            self._runner.live(KEY, missing[0], self._take_overview)
        elif not missing and self._answer is None and self._ticket is None and not self._held:
            self._ask()

    def _take_overview(self, outcome: Outcome) -> None:
        if outcome.question != self._overview or not isinstance(outcome, Done | Failed):
            return
        self._overview = None
        if isinstance(outcome, Failed):
            self._held = True
            self._owner.fail(outcome)
            return
        self._known[outcome.question] = outcome.answer
        self._go_on()

    def _ask(self) -> None:
        question = self._wanted
        assert question is not None
        self._run += 1  # what is told of an earlier run, of the same question, is not taken
        take = partial(self._take, self._run)
        self._ticket = Ticket(question, take, "jobs")
        self._tell(0.0, None)
        made = self._runner.submit(question, take, view=KEY)
        if self._ticket is not None:
            self._ticket = made

    def _take(self, run: int, outcome: Outcome) -> None:
        if run != self._run or self._ticket is None:
            return
        if isinstance(outcome, Partial):
            self._tell(outcome.fraction, outcome.seconds_left, outcome.text)
            return
        self._ticket = None
        self._end()
        if isinstance(outcome, Done):
            self._answer = outcome.answer
        elif isinstance(outcome, Failed | Cancelled):
            self._held = True
            self._owner.fail(outcome if isinstance(outcome, Failed) else None)
        self._show()

    def _tell(self, fraction: float, left: float | None, text: str = "") -> None:
        words = f"{text or 'waiting'}, {progress_text(fraction, left)}"
        self._owner.view.checkpoints.set_progress(fraction, words)
        activity = Activity("comparing checkpoints", fraction, left, cancellable=True)
        self._status.set_activity(KEY, activity)

    def _end(self) -> None:
        self._owner.view.checkpoints.set_progress(None)
        self._status.set_activity(KEY, None)

    # --- showing ---------------------------------------------------------------------

    def _show(self) -> None:
        if self._wanted is None:
            return
        page = self._owner.view.checkpoints
        shown = [self._known.get(asked) for asked in self._overviews()]
        first, second = (Side(info, one) for info, one in zip(self._infos, shown, strict=True))
        images = tuple(scene.image for scene in self._wanted.first)
        page.set_photos(self._owner.infos(images), self._place)
        page.set_pair(
            Pair((first, second), self._answer, self._place),
            STOPPED if self._held else WORKING,
            held=self._held,
        )

    def record(self) -> dict[str, Any] | None:
        """Return what is compared, ready for JSON; None while nothing is."""
        if self._wanted is None:
            return None
        answer = self._answer
        said = {"checkpoints": [info.name for info in self._infos], "image": self._image}
        if answer is None:
            return said
        cka = {m: value if math.isfinite(value) else None for m, value in answer.cka.items()}
        return {
            **said,
            "sentence": self._owner.view.checkpoints.said(),
            "kinship": answer.kinship,
            "cka": cka,
            "cka_note": answer.cka_note,
            "agreement": dict(answer.agree),
        }


def made_of(state: State, info: CheckpointInfo) -> Preprocessing:
    """Return how the input is made for a checkpoint that is not looked at."""
    chosen = dict(state.set_aside).get(info.fingerprint)
    return chosen.preprocessing if chosen is not None else info.preprocessing
