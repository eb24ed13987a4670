"""What becomes of the open photo under the input that is being edited."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QVBoxLayout, QWidget

from ...checkpoint_questions import InputPreview
from ...headline import percent
from ...questions import ImageInfo, Predictions
from .. import theme
from ..checkpoint.samples import Bar
from ..small_label import SmallLabel
from ..top_row import ElidedLabel
from .pictures import Picture, shares

TOP = 3
NO_PHOTO = "Open a photo to see what becomes of it."
LETTERS = {"R": "Red", "G": "Green", "B": "Blue"}


class Answers(QWidget):
    """The likeliest classes of the main head, with bars."""

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = QLabel(title)
        self.title.setProperty("role", "section")
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(theme.GRID)
        grid.setVerticalSpacing(2)
        grid.setColumnStretch(0, 1)
        grid.addWidget(self.title, 0, 0, 1, 2)
        self.names = [ElidedLabel() for _ in range(TOP)]
        self.figures = [QLabel() for _ in range(TOP)]
        self.bars = [Bar() for _ in range(TOP)]
        for place in range(TOP):
            self.figures[place].setAlignment(Qt.AlignmentFlag.AlignRight)
            grid.addWidget(self.names[place], 2 * place + 1, 0)
            grid.addWidget(self.figures[place], 2 * place + 1, 1)
            grid.addWidget(self.bars[place], 2 * place + 2, 0, 1, 2)

    def set_predictions(self, predictions: Predictions | None) -> None:
        """Show the main head's answer; None shows none."""
        top = predictions.top("main", TOP) if predictions is not None else []
        for place in range(TOP):
            name, share = (top[place][1], top[place][2]) if place < len(top) else ("", 0.0)
            self.names[place].set_whole(name)
            self.figures[place].setText(percent(share) if name else "")
            self.bars[place].set_share(share, "in use" if place == 0 else "")
        said = ", ".join(f"{name} {percent(share)}" for _, name, share in top)
        self.setAccessibleName(f"{self.title.text()}: {said}")


class Received(QWidget):
    """The lowest, mean and highest value of each channel that conv1 receives."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(2 * theme.GRID)
        grid.setVerticalSpacing(2)
        for column, title in enumerate(("lowest", "mean", "highest"), 1):
            label = SmallLabel("muted")
            label.setText(title)
            label.setAlignment(Qt.AlignmentFlag.AlignRight)
            grid.addWidget(label, 0, column)
            grid.setColumnStretch(column, 1)
        self.letters = [QLabel() for _ in range(3)]
        self.cells = [[QLabel() for _ in range(3)] for _ in range(3)]
        for row in range(3):
            grid.addWidget(self.letters[row], row + 1, 0)
            for column, cell in enumerate(self.cells[row], 1):
                cell.setAlignment(Qt.AlignmentFlag.AlignRight)
                grid.addWidget(cell, row + 1, column)

    def set_preview(self, preview: InputPreview | None) -> None:
        """Show the values of a preview; None shows none."""
        order = preview.scene.preprocessing.channels if preview is not None else "RGB"
        for row, letter in enumerate(order):
            self.letters[row].setText(LETTERS[letter])
            if preview is None:
                values: tuple[float, ...] = ()
            else:
                values = (preview.minimum[row], preview.mean[row], preview.maximum[row])
            texts = [number(value) for value in values] or [""] * 3
            for cell, text in zip(self.cells[row], texts, strict=True):
                cell.setText(text)
            self.cells[row][0].setAccessibleName(f"{LETTERS[letter]}: {', '.join(texts)}")


class Preview(QWidget):
    """Pictures, values and answers, all of one draft."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.photo = Picture("The photo, with a frame around what is cut from it")
        self.seen = Picture("What the network sees")
        self.photo_words, self.seen_words = SmallLabel("muted"), SmallLabel("muted")
        self.received = Received()
        self.in_use, self.edited = Answers("In use now"), Answers("As edited")
        self.said = QLabel()
        self.said.setWordWrap(True)
        grid = QGridLayout()
        grid.setHorizontalSpacing(2 * theme.GRID)
        grid.setVerticalSpacing(theme.GRID // 2)
        for column, pair in enumerate(
            ((self.photo, self.photo_words), (self.seen, self.seen_words))
        ):
            grid.addWidget(pair[0], 0, column)
            grid.addWidget(pair[1], 1, column)
            grid.setColumnStretch(column, 1)
        grid.setRowStretch(0, 1)
        grid.setRowMinimumHeight(2, theme.GRID)
        grid.addWidget(_section("What conv1 receives"), 3, 0, 1, 2)
        grid.addWidget(self.received, 4, 0, 1, 2)
        grid.setRowMinimumHeight(5, theme.GRID)
        grid.addWidget(self.in_use, 6, 0)
        grid.addWidget(self.edited, 6, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(*[2 * theme.GRID] * 4)
        layout.setSpacing(theme.GRID)
        layout.addWidget(self.said)
        layout.addLayout(grid, 1)
        self.set_preview(None, None)

    def set_preview(self, preview: InputPreview | None, photo: ImageInfo | None) -> None:
        """Show what becomes of the photo; None: there is nothing to show."""
        self.received.set_preview(preview)
        self.edited.set_predictions(preview.predictions if preview else None)
        if preview is None or photo is None:
            self.photo.set_picture(None)
            self.seen.set_picture(None)
            self.photo_words.setText(" ")
            self.seen_words.setText(" ")
            self.say(NO_PHOTO if photo is None else "")
            return
        self.photo.set_picture(preview.photo, shares(preview.crop, photo.width, photo.height))
        self.seen.set_picture(preview.picture)
        height, width = preview.picture.shape[:2]
        times = "\N{MULTIPLICATION SIGN}"
        self.photo_words.setText(f"The photo, {photo.width} {times} {photo.height}")
        self.seen_words.setText(f"What the network sees, {width} {times} {height}")
        self.say("")

    def set_in_use(self, predictions: Predictions | None) -> None:
        """Show the answer under the input that is in use."""
        self.in_use.set_predictions(predictions)

    def say(self, sentence: str, *, wrong: bool = False) -> None:
        """Say why there is nothing to show, or what is wrong."""
        self.said.setText(sentence)
        self.said.setVisible(bool(sentence))
        self.said.setProperty("role", "error" if wrong else "muted")
        self.said.style().unpolish(self.said)
        self.said.style().polish(self.said)


def number(value: float) -> str:
    """Return a value of the input in a few digits: ``"-2.12"``, ``"104"``, ``"0"``."""
    text = f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return text.replace("-", "\N{MINUS SIGN}")


def _section(title: str) -> QLabel:
    label = QLabel(title)
    label.setProperty("role", "section")
    return label
