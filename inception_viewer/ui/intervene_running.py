"""What the Intervene tab asks: the table of branches and the decisive channels."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject

from ..comparison_questions import Group
from ..file_questions import WriteRows
from ..googlenet.variants import BRANCH_OUTPUT, BRANCHES
from ..intervention_questions import BranchImportance, DecisiveChannels, Files, Intervention
from ..intervention_words import touched_words
from ..questions import Question, Scene
from ..runner import Cancelled, Done, Failed, Outcome, Partial, Runner, Ticket
from ..session import Session, State
from . import snippets
from .frames import Frame, Frames
from .intervene.importance_form import GROUP
from .intervene.menu import Touching
from .main_window import MainWindow
from .status_bar import Activity

if TYPE_CHECKING:
    from .intervening import Intervening

IMPORTANCE, DECISIVE = "importance", "decisive"
"""The status bar's keys."""
NAMES = {IMPORTANCE: "branch importance", DECISIVE: "decisive channels"}


class InterveneRunning(QObject):
    """Keeps the tab on what the session looks at, once there is a tab."""

    def __init__(
        self,
        intervening: Intervening,
        session: Session,
        runner: Runner,
        window: MainWindow,
        frames: Frames,
    ) -> None:
        super().__init__(window)
        self._intervening, self._session, self._runner = intervening, session, runner
        self._window, self._frames, self._view = window, frames, window.intervene
        self._tickets: dict[str, Ticket] = {}
        self._fingerprint = ""
        self._connect()
        self._show_state(session.state)
        frames.switched.connect(self._take_frame)
        frames.maps_changed.connect(lambda _frame: self._mark_channels())
        self._take_frame(frames.frame)

    def _connect(self) -> None:
        view, does = self._view, self._intervening
        view.touched.moved.connect(does.move)
        view.touched.exchanged.connect(does.exchange)
        view.touched.removed.connect(does.put_back)
        view.touched.added.connect(does.do)
        view.touched.cleared.connect(does.clear)
        page = view.importance
        page.form.run.asked.connect(self.ask_importance)
        page.form.run.cancelled.connect(lambda: self.cancel(IMPORTANCE))
        page.form.changed.connect(lambda _wanted: self._retarget())
        page.unit_chosen.connect(self._select)
        page.switch_off_asked.connect(lambda unit: does.do(Intervention(unit)))
        page.table_requested.connect(self._write)
        decisive = view.decisive
        decisive.run.asked.connect(self.ask_decisive)
        decisive.run.cancelled.connect(lambda: self.cancel(DECISIVE))
        decisive.head_changed.connect(lambda _head: self._retarget())
        decisive.intervention_asked.connect(does.do)
        decisive.shown_asked.connect(self._show_channels)

    # --- what is looked at -----------------------------------------------------------

    def follow(self, old: State, new: State) -> None:
        """Follow what is touched, selected and open."""
        seen = ("interventions", "images", "image", "unit", "checkpoint", "checkpoints", "compared")
        if any(getattr(new, name) != getattr(old, name) for name in seen):
            self._show_state(new)
        if new.unit != old.unit and self._frames.settled:
            self._retarget()

    def _show_state(self, state: State) -> None:
        info, view = state.open_checkpoint, self._view
        if info is None:
            return
        counts = {node.name: node.shape[0] for node in info.graph.nodes}
        photos = tuple((image.id, image.name) for image in state.images)
        view.touched.set_touching(Touching(state.interventions, photos, state.image), counts)
        view.set_count(len(state.interventions))
        view.importance.set_touched(len(state.interventions))
        view.decisive.set_touched(len(state.interventions))
        kinds = {node.name: node.kind for node in info.graph.nodes}
        kind = kinds.get(state.unit, "classifier")
        view.touched.set_selected(state.unit, kind not in ("input", "classifier"))
        groups = [(one.name, len(one)) for one in groups_of(state).values()]
        view.importance.form.set_photos(len(state.images), groups)
        view.decisive.set_module(module_of(state))
        known = info.fingerprint, info.classes, tuple(info.heads.items())
        if known != self._known:
            self._known = known
            view.importance.form.set_network(info.classes, info.heads)
            view.decisive.set_heads(info.heads)

    _known: object = None

    def _take_frame(self, frame: Frame | None) -> None:
        if frame is None:
            for key in list(self._tickets):
                self._drop(key)
            return
        if not self._session.state.stroking:
            self._retarget()
        self._mark_channels()

    def _retarget(self) -> None:
        """Show the answers to what would be asked now, if they are known, and else none."""
        info = self._session.state.open_checkpoint
        classes = info.classes if info is not None else ()
        for key, question in self._questions().items():
            ticket = self._tickets.get(key)
            if ticket is not None and ticket.question != question:
                self._drop(key)
            known = self._runner.cache.get(question) if question is not None else None
            page = self._page(key)
            if known is not None or page.answer is None or page.answer.question != question:
                page.set_answer(known, classes)
        self._mark_channels()

    def _page(self, key: str) -> Any:
        return self._view.importance if key == IMPORTANCE else self._view.decisive

    # --- asking ----------------------------------------------------------------------

    def _questions(self) -> dict[str, Question | None]:
        return {IMPORTANCE: self.importance_question(), DECISIVE: self.decisive_question()}

    def importance_question(self) -> BranchImportance | None:
        """Return what the form asks now."""
        state, wanted = self._session.state, self._view.importance.form.wanted
        if state.plain_scene is None:
            return None
        tray = tuple(image.id for image in state.images)
        group = groups_of(state).get(wanted.over)
        files = None
        if group is not None:
            chosen = group.images
            files = Files(state.checkpoint, state.made, group.paths, group.name)
        else:
            chosen = tray if wanted.over == "tray" else (state.image,)
        scenes = (state.scene_of(image) for image in chosen)
        return BranchImportance(
            tuple(_plain(scene) for scene in scenes if scene is not None),
            wanted.head,
            wanted.target,
            wanted.mode,
            tray if wanted.mode == "mean" else (),
            wanted.reductions,
            wanted.conductance,
            wanted.reductions,
            files,
        )

    def decisive_question(self) -> DecisiveChannels | None:
        """Return what would be searched for now; None without a module."""
        state, page = self._session.state, self._view.decisive
        scene, module = state.plain_scene, module_of(state)
        if scene is None or not module:
            return None
        return DecisiveChannels(scene, module, str(page.head.currentData() or "main"))

    def ask_importance(self) -> None:
        """Compute the table that the form asks for."""
        self._ask(IMPORTANCE, self.importance_question())

    def ask_decisive(self) -> None:
        """Search the selected module."""
        self._ask(DECISIVE, self.decisive_question())

    def _ask(self, key: str, question: Question | None) -> None:
        if question is None or key in self._tickets:
            return
        self._page(key).say("")
        self._progress(key, 0.0, None, "")
        self._tickets[key] = Ticket(question, lambda _outcome: None, "jobs")
        ticket = self._runner.submit(question, partial(self._take, key), view=key)
        if key in self._tickets:
            self._tickets[key] = ticket

    def cancel(self, key: str) -> None:
        """Take back a table or a search; what was shown of it stays."""
        if key in self._tickets:
            self._drop(key)

    def _drop(self, key: str) -> None:
        self._tickets.pop(key).cancel()
        self._progress(key, None, None, "")

    def _take(self, key: str, outcome: Outcome) -> None:
        ticket = self._tickets.get(key)
        if ticket is None or ticket.question != outcome.question:
            return
        if isinstance(outcome, Partial):
            self._progress(key, outcome.fraction, outcome.seconds_left, outcome.text)
            if outcome.answer is not None:
                self._show(key, outcome.answer)
            return
        del self._tickets[key]
        self._progress(key, None, None, "")
        if isinstance(outcome, Done):
            self._show(key, outcome.answer)
        elif isinstance(outcome, Failed):
            self._page(key).say(outcome.sentence)
        elif isinstance(outcome, Cancelled):
            self._page(key).say("Cancelled.")

    def _show(self, key: str, answer: Any) -> None:
        info = self._session.state.open_checkpoint
        if info is not None:
            self._page(key).set_answer(answer, info.classes)
        self._mark_channels()

    def _progress(self, key: str, fraction: float | None, left: float | None, text: str) -> None:
        if key == IMPORTANCE:
            self._view.importance.form.run.set_progress(fraction, left)
        else:
            self._view.decisive.set_progress(fraction, left, text)
        activity = None
        if fraction is not None:
            activity = Activity(NAMES[key], fraction, left, cancellable=True)
        self._window.status.set_activity(key, activity)

    # --- what is chosen --------------------------------------------------------------

    def _select(self, unit: str) -> None:
        self._session.update(lambda state: replace(state, unit=unit, channel=None))

    def _show_channels(self, module: str, channels: tuple[int, ...]) -> None:
        """Bring the maps of a module to the front, with these channels framed."""
        found = self._by_branch(module, channels)
        unit, first = next((u, min(some)) for u, some in found.items() if some)
        self._marked = module, found
        self._session.update(lambda state: replace(state, unit=module, channel=(unit, first)))
        self._window.show_tab(self._window.maps)
        self._mark_channels()

    _marked: tuple[str, dict[str, list[int]]] | None = None

    def _mark_channels(self) -> None:
        """Frame the channels that were asked for, while their module is shown."""
        answer, frame = self._view.decisive.answer, self._frames.frame
        about = answer.question.module if answer is not None else ""
        if self._marked is not None and self._marked[0] != about:
            self._marked = None
        shown = frame is not None and frame.maps.unit == about
        marked = self._marked[1] if self._marked is not None and shown else {}
        self._window.maps.set_marked(marked)

    def _by_branch(self, module: str, channels: tuple[int, ...]) -> dict[str, list[int]]:
        """Return a module's channels by the branch that they come from, with their places there."""
        info = self._session.state.open_checkpoint
        assert info is not None
        found: dict[str, list[int]] = {}
        first = 0
        for branch in BRANCHES:
            unit = f"{module}/{BRANCH_OUTPUT[branch]}"
            count = info.graph.node(unit).shape[0]
            found[unit] = [c - first for c in channels if first <= c < first + count]
            first += count
        return found

    # --- taking along ----------------------------------------------------------------

    def _write(self, rows: tuple[tuple[str | int | float, ...], ...], path: str) -> None:
        self._runner.submit(WriteRows(rows, path), self._take_written, lane="files")

    def _take_written(self, outcome: Outcome) -> None:
        if isinstance(outcome, Failed):
            self._view.importance.say(outcome.sentence)
        elif isinstance(outcome, Done):
            self._window.status.flash(f"Saved {Path(outcome.answer).name}.")

    def snippet(self) -> str:
        """Return lines that give what the page in front shows; ``""`` for the list."""
        page, state = self._view.pages.currentWidget(), self._session.state
        if page is self._view.importance:
            answer = self._view.importance.answer
            question = answer.question if answer is not None else self.importance_question()
            return snippets.branch_importance(state, question) if question is not None else ""
        if page is self._view.decisive:
            found = self._view.decisive.answer
            asked = found.question if found is not None else self.decisive_question()
            return snippets.decisive_channels(state, asked) if asked is not None else ""
        return ""

    def record(self) -> dict[str, Any]:
        """Return what the tab shows, as ``--state-json`` writes it."""
        table, found = self._view.importance.answer, self._view.decisive.answer
        return {
            "touched": touched_words(self._session.state.interventions, most=99),
            "importance": table
            and {
                "logit_drop": table.logit_drop,
                "probability_drop": table.probability_drop,
                "conductance": table.conductance,
                "photos": table.photos,
                "partial": table.partial,
                "disagreements": list(table.disagreements),
            },
            "decisive": found
            and {
                "module": found.question.module,
                "keeps": found.keeps,
                "flips": found.flips,
                "becomes": found.becomes,
            },
            "busy": sorted(self._tickets),
        }


def groups_of(state: State) -> dict[str, Group]:
    """Return the groups of Compare that have photos, by what the form calls them."""
    present, compared = [image.id for image in state.images], state.compared
    groups = (one.group(present, compared.found) for one in compared.groups)
    return {GROUP + one.name: one for one in groups if len(one)}


def module_of(state: State) -> str:
    """Return the Inception module that is selected, or that the selected unit is of, or ``""``."""
    info = state.open_checkpoint
    if info is None:
        return ""
    node = next((node for node in info.graph.nodes if node.name == state.unit), None)
    group = node.group if node is not None else ""
    modules = {node.name for node in info.graph.nodes if node.kind == "concat"}
    return group if group in modules else ""


def _plain(scene: Scene) -> Scene:
    return replace(scene, interventions=())
