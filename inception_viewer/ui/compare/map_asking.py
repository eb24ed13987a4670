"""Asking where the tray's photos lie: at the depth that is looked at first, then at the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...comparison_questions import MapMethod, PhotoMap, PhotoMapAnswer
from ...questions import Scene
from ...runner import Cancelled, Done, Failed, Outcome, Partial, Runner, Ticket
from ..status_bar import Activity, StatusBar

if TYPE_CHECKING:
    from ..comparing import Comparing

FEW = 24
"""Photos that are few enough not to make what is looked at wait for them."""
ALONE = "Open a second photo: comparing takes at least two."
KEY = "compare"


class MapAsking:
    """Keeps the map on the tray's photos and a unit; one question at a time."""

    def __init__(self, runner: Runner, owner: Comparing, status: StatusBar) -> None:
        self._runner, self._owner, self._status = runner, owner, status
        self._scenes: tuple[Scene, ...] = ()
        self._known: dict[tuple[str, MapMethod], PhotoMapAnswer] = {}
        self._asked: PhotoMap | None = None
        self._ticket: Ticket | None = None
        self._stopped = False

    def look(self, scenes: tuple[Scene, ...], image: str) -> None:
        """Lay these photos out; ``image`` is the one looked at."""
        page = self._owner.view.map
        if scenes != self._scenes:
            self._drop()
            self._scenes, self._known, self._stopped = scenes, {}, False
        if len(scenes) < 2:
            page.set_map(None, (), ())
            page.sentence.setText(ALONE)
            return
        if page.sentence.text() == ALONE:
            page.sentence.setText("")
        self._show(image)
        self._go_on()

    def forget(self) -> None:
        """Ask anew."""
        self._drop()
        self._scenes, self._known = (), {}

    def cancel(self) -> None:
        """Take back what runs; what is known stays."""
        if self._ticket is not None:
            self._stopped = True
            self._drop()

    def _drop(self) -> None:
        ticket, self._ticket, self._asked = self._ticket, None, None
        if ticket is not None:
            ticket.cancel()
            self._status.set_activity(KEY, None)

    def _wanted(self) -> tuple[str, MapMethod] | None:
        """Return what to ask for next: what is looked at, then the modules by components."""
        page = self._owner.view.map
        modules: list[tuple[str, MapMethod]] = [(module, "pca") for module in page.modules]
        order = ((page.chosen_unit, page.chosen_method), *modules)
        return next((one for one in order if one[0] and one not in self._known), None)

    def _go_on(self) -> None:
        wanted = self._wanted()
        if wanted is None or self._stopped:
            return
        question = PhotoMap(self._scenes, *wanted)
        if question == self._asked:
            return
        self._drop()
        self._asked = question
        if len(self._scenes) <= FEW:
            self._ticket = Ticket(question, self._take, "live")
            ticket = self._runner.live("compare map", question, self._take)
        else:
            self._ticket = Ticket(question, self._take, "jobs")
            ticket = self._runner.submit(question, self._take, view=KEY)
        if self._asked is question:  # else it was known, and is shown by now
            self._ticket = ticket

    def _take(self, outcome: Outcome) -> None:
        if outcome.question != self._asked:
            return
        if isinstance(outcome, Partial):
            self._tell(outcome)
            return
        self._asked = self._ticket = None
        self._status.set_activity(KEY, None)
        if isinstance(outcome, Failed):
            self._stopped = True
            self._owner.fail(outcome)
        elif isinstance(outcome, Cancelled):
            self._stopped = True
        elif isinstance(outcome, Done):
            self._known[outcome.question.unit, outcome.question.method] = outcome.answer
            self._owner.look_again()

    def _tell(self, outcome: Partial) -> None:
        activity = Activity(
            f"comparing {len(self._scenes)} photos", outcome.fraction, outcome.seconds_left,
            cancellable=True,
        )  # fmt: skip
        self._status.set_activity(KEY, activity)

    def _show(self, image: str) -> None:
        page = self._owner.view.map
        answer = self._known.get((page.chosen_unit, page.chosen_method))
        self._owner.view.set_updating(answer is None and page.answer is not None)
        if answer is not None:
            ids = tuple(scene.image for scene in self._scenes)
            page.set_map(answer, self._owner.infos(ids), self._owner.labels(ids))
            page.set_selected(image)
        found = {unit: one for (unit, method), one in self._known.items() if method == "pca"}
        page.set_depths(found)
