"""The window behind Checkpoint > Fit auxiliary heads…: what to fit to, how far, how well."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QEvent, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QShowEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from ..folder_questions import FitHeads, FitPlan, FittedHeads
from ..questions import CheckpointInfo, Preprocessing
from . import theme
from .fitting import words
from .fitting.agreement import AgreementBars
from .fitting.form import FitForm, absolute
from .fitting.loss_curve import LossCurve
from .message_bar import MessageBar
from .progress import FULL, bar_value

DELAY_MS = 400
"""From the last change of a field to the look into the folder."""
FORM_WIDTH = 384
NO_CHECKPOINT = "Open a checkpoint first: its auxiliary heads are what is fitted."
NO_FOLDER = "Choose a folder of photos, or drop one here: some hundred, of what you look at."
LOOKING = "Looking into the folder…"
AGREE = "Fit others all the same"


class FitDialog(QDialog):
    """Asks for a fit and shows how it goes; it does none itself."""

    plan_requested = Signal(object)
    """A :class:`FitHeads`: what would it take?"""
    fit_requested = Signal(object)
    """A :class:`FitHeads` to begin."""
    cancel_requested = Signal()
    open_requested = Signal(object)
    """The path (str) of the new checkpoint; the dialog then closes."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Fit auxiliary heads")
        self.setAcceptDrops(True)
        self._info: CheckpointInfo | None = None
        self._preprocessing: Preprocessing | None = None
        self._device = ""
        self._plan: FitPlan | None = None
        self._answer: FittedHeads | None = None
        self._running = False
        self._delay = QTimer(self, singleShot=True, interval=DELAY_MS)
        self._delay.timeout.connect(self._ask_for_plan)
        self._build()
        self._arrange()
        self.form.changed.connect(self._edited)
        self.form.place_changed.connect(self._refresh_buttons)
        theme.broadcast.changed.connect(self._restyle)
        self._refresh()
        self._fit()

    # --- what it is given ---

    def set_checkpoint(
        self,
        info: CheckpointInfo | None,
        preprocessing: Preprocessing | None,
        place: str,
        device: str,
    ) -> None:
        """Be about a checkpoint, its input made as it is now; ``place`` is the file to offer."""
        before = (_matters(self._info), self._preprocessing, self._device)
        same = info is not None and self._info is not None
        same = same and info.fingerprint == self._info.fingerprint
        if same and before == (_matters(info), preprocessing, device):
            return
        self._info, self._preprocessing, self._device = info, preprocessing, device
        self.agree.setChecked(False)
        if not same:
            self.set_place(place)
        self._answer = None
        self._edited()

    @property
    def checkpoint(self) -> CheckpointInfo | None:
        """What it is about."""
        return self._info

    def set_place(self, place: str) -> None:
        """Offer a file for the new checkpoint."""
        info = self._info
        self.form.set_place(place, info.source if info is not None else "")

    def set_folder(self, folder: str) -> None:
        """Fit to the photos of a folder."""
        self.form.set_folder(folder)

    def set_plan(self, plan: FitPlan) -> None:
        """Say what the fit would take."""
        self._plan = plan
        self._say(words.plan_text(plan, self._device))
        self._refresh_buttons()

    def set_refusal(self, sentence: str) -> None:
        """Say why the folder does not do."""
        self._plan = None
        self._say(sentence, "error")
        self._refresh_buttons()

    def set_running(self, running: bool) -> None:
        """Show that it goes on, or has ended."""
        self._running = running
        if running:
            self._answer = None
            self.messages.clear()
        self._refresh()

    def set_progress(self, fraction: float | None, left: float | None, text: str) -> None:
        """Show how far it is; None where that is not known."""
        self.bar.setRange(0, FULL if fraction is not None else 0)
        self.bar.setValue(0 if fraction is None else bar_value(fraction))
        self.progress.setText(words.progress(fraction, left, text[:1].upper() + text[1:]))

    def set_answer(self, answer: FittedHeads) -> None:
        """Show what is known so far, or what has come of it."""
        self._answer = answer
        self.curve.set_loss(answer.loss, answer.question.epochs)
        self.bars.set_answer(answer)
        if not answer.partial:
            self.outcome.setText("\n".join(words.result(answer)))
            self.outcome.setToolTip(words.unreadable(answer))
            self._refresh()
            (self.open_button if answer.path else self.start_button).setFocus()

    def set_failure(self, sentence: str, details: str) -> None:
        """Say why it could not be done."""
        self.messages.say(sentence, details)

    def set_cancelled(self) -> None:
        """Say that it was cancelled."""
        self._say("Cancelled; nothing was written.")

    # --- construction ---

    def _build(self) -> None:
        self.form = FitForm()
        self.title, self.notice = QLabel(), QLabel()
        self.title.setProperty("role", "section")
        self.agree = QCheckBox(AGREE)
        self.agree.toggled.connect(self._refresh_buttons)
        self.about, self.said, self.outcome = QLabel(words.ABOUT), QLabel(), QLabel()
        self.about.setProperty("role", "muted")
        self.outcome.setAccessibleName("What came of it")
        self.said.setAccessibleName("What it takes")
        for label in (self.notice, self.about, self.said, self.outcome):
            label.setWordWrap(True)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.curve, self.bars = LossCurve(), AgreementBars()
        self.messages = MessageBar()
        self.bar, self.progress = QProgressBar(), QLabel()
        self.bar.setAccessibleName("Progress")
        self.bar.setTextVisible(False)
        self.progress.setAccessibleName("How far it is")
        self.start_button = self._button("Fit", self._start)
        self.cancel_button = self._button("Cancel", self.cancel_requested.emit)
        self.open_button = self._button("Open the new checkpoint", self._open)
        self.close_button = self._button("Close", self.reject)

    def _button(self, text: str, act: object) -> QPushButton:
        made = QPushButton(text)
        made.setAutoDefault(False)
        made.clicked.connect(act)
        return made

    def _arrange(self) -> None:
        grid = theme.GRID
        self.panel = QScrollArea()
        self.panel.setWidget(self._make_panel())
        self.panel.setWidgetResizable(True)
        self.panel.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.panel.setAccessibleName("What it takes and how it goes")
        self.panel.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        top, bottom = QHBoxLayout(), QHBoxLayout()
        top.setSpacing(2 * grid)
        top.addWidget(self.form)
        top.addWidget(self.panel, 1)
        bottom.setSpacing(grid)
        bottom.addWidget(self.progress, 1)
        for button in (self.start_button, self.cancel_button, self.open_button, self.close_button):
            bottom.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(*[2 * grid] * 4)
        layout.setSpacing(grid)
        layout.addLayout(top, 1)
        layout.addWidget(self.messages)
        layout.addWidget(self.bar)
        layout.addLayout(bottom)

    def _make_panel(self) -> QFrame:
        grid = theme.GRID
        panel = QFrame()
        panel.setProperty("role", "panel")
        inside = QVBoxLayout(panel)
        inside.setContentsMargins(*[2 * grid] * 4)
        inside.setSpacing(grid)
        before = (self.notice, self.agree, self.about, self.said)
        for widget in (self.title, *before, self.outcome, self.bars):
            inside.addWidget(widget)
        inside.addSpacing(grid)
        inside.addWidget(self.curve, 1)
        inside.addStretch()
        return panel

    # --- upkeep ---

    @property
    def question(self) -> FitHeads:
        """What the fields ask now."""
        info = self._info
        mark, names = ("", "") if info is None else (info.fingerprint, info.names)
        asked = self.form.question(mark)
        return absolute(replace(asked, preprocessing=self._preprocessing, names=names))

    def _edited(self) -> None:
        """Forget what was known of other fields, and look into the folder in a moment."""
        self._plan = None
        self._answer = None if not self._running else self._answer
        self._delay.stop()
        if self._info is None:
            self._say(NO_CHECKPOINT)
        elif not self.form.folder.text().strip():
            self._say(NO_FOLDER)
        else:
            self._say(LOOKING)
            self._delay.start()
        self._refresh()

    def _ask_for_plan(self) -> None:
        if self._info is not None and not self._running:
            self.plan_requested.emit(self.question)

    def _say(self, sentence: str, role: str = "") -> None:
        self.said.setText(sentence)
        if self.said.property("role") != role:
            self.said.setProperty("role", role)
            self.said.style().unpolish(self.said)
            self.said.style().polish(self.said)

    def _refresh(self) -> None:
        """Show what belongs to where it stands: before, under way, at the end."""
        info, answer = self._info, self._answer
        self.title.setText(info.name if info is not None else "No checkpoint")
        self.notice.setText(words.heads_notice(info) if info is not None else "")
        under_way = self._running or answer is not None
        over = answer is not None and not self._running
        for widget in (self.notice, self.about, self.said):
            widget.setVisible(not under_way and (widget is not self.notice or info is not None))
        asks = info is not None and words.must_agree(info)
        self.agree.setVisible(asks and not under_way)
        if self._running and answer is None:
            self.curve.set_loss((), self.form.epochs.value())
            self.bars.set_answer(None)
        self.curve.setVisible(under_way)
        self.bars.setVisible(under_way)
        self.outcome.setVisible(over)
        self.bar.setVisible(self._running)
        if not self._running:
            self.progress.setText("")
        self.form.setEnabled(not self._running)
        self._refresh_buttons()

    def _refresh_buttons(self) -> None:
        asks = self._info is not None and words.must_agree(self._info)
        agreed = self.agree.isChecked() or not asks
        ready = self._plan is not None and not self.form.obstacle and agreed
        done = self._answer is not None and bool(self._answer.path) and not self._running
        had_focus = self.focusWidget()
        self.start_button.setEnabled(ready and not self._running)
        self.cancel_button.setEnabled(self._running)
        self.open_button.setVisible(done)
        self.start_button.setText("Fit again" if done else "Fit")
        for button, primary in ((self.start_button, not done), (self.open_button, done)):
            button.setProperty("primary", primary)
            button.style().unpolish(button)
            button.style().polish(button)
        if isinstance(had_focus, QPushButton) and not had_focus.isEnabled():
            (self.cancel_button if self._running else self.close_button).setFocus()

    # --- what people do ---

    def _start(self) -> None:
        self.fit_requested.emit(self.question)

    def _open(self) -> None:
        if self._answer is not None:
            self.open_requested.emit(self._answer.path)
            self.accept()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take folders, and photos for the folder that they lie in."""
        if not self._running and _folder_of(event):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Fit to what was dropped."""
        folder = _folder_of(event)
        if folder:
            event.acceptProposedAction()
            self.set_folder(folder)

    # --- size ---

    def showEvent(self, event: QShowEvent) -> None:
        """Begin where one would: at the folder."""
        super().showEvent(event)
        if not self._running and self._answer is None:
            self.form.folder.setFocus()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the size of the text."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange and hasattr(self, "close_button"):
            self._fit()

    def _restyle(self, _theme: object) -> None:
        self._fit()

    def _fit(self) -> None:
        """Give the fields their width, and the window what its parts need."""
        scale = theme.text_scale()
        room = self.screen().availableGeometry().size() - QSize(32, 64)
        self.form.setFixedWidth(min(round(FORM_WIDTH * scale), room.width() // 2))
        self.resize(QSize(round(912 * scale), round(544 * scale)).boundedTo(room))


def _matters(info: CheckpointInfo | None) -> tuple[object, ...]:
    """Return what a fit of a checkpoint depends on besides its weights."""
    return () if info is None else (info.names, dict(info.heads))


def _folder_of(event: QDropEvent) -> str:
    """Return the folder that a drop means, ``""`` if it means none."""
    for url in event.mimeData().urls():
        path = Path(url.toLocalFile()) if url.isLocalFile() else None
        if path is not None and path.is_dir():
            return str(path)
        if path is not None and path.is_file():
            return str(path.parent)
    return ""
