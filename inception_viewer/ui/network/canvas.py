"""Every gesture on the painted network: keys, mouse, wheel, touch."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleEvent,
    QFocusEvent,
    QHelpEvent,
    QInputDevice,
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QApplication, QPinchGesture, QToolTip, QWidget

from . import navigation, texts
from .stage import NetworkStage

ZOOM_STEP = 1.25
KEY_PAN = 64.0
ARROWS = {
    Qt.Key.Key_Left: "left",
    Qt.Key.Key_Right: "right",
    Qt.Key.Key_Up: "up",
    Qt.Key.Key_Down: "down",
}


class NetworkCanvas(NetworkStage):
    """The graph to work with: pan, zoom, select, open and close."""

    unit_selected = Signal(object)
    """The name of a unit that was clicked or chosen by key."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.grabGesture(Qt.GestureType.PinchGesture)
        self._pressed: QPointF | None = None
        self._dragging = False

    # --- focus and keys -------------------------------------------------------------------------

    def set_focused(self, unit: str) -> None:
        """Put the keyboard's ring on a unit and tell screen readers about it."""
        shown = self._shown
        if shown is None or unit not in shown.layout.boxes:
            return
        shown.focused = unit
        opened = unit in self.open_modules() if unit in shown.layout.modules else None
        words = texts.spoken(shown.facts, unit, shown.overview, shown.heads, opened)
        self.setAccessibleDescription(words)
        change = QAccessibleEvent(self, QAccessible.Event.DescriptionChanged)
        QAccessible.updateAccessibility(change)
        self.update()

    def _choose(self, unit: str) -> None:
        self.set_selected(unit)
        self.unit_selected.emit(unit)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows move the ring; Space selects, Enter opens or closes; F, +, - and 0 zoom."""
        if self._shown is None or not self._key(Qt.Key(event.key()), event.modifiers()):
            super().keyPressEvent(event)

    def _key(self, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> bool:
        if modifiers & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier):
            return False
        if key in ARROWS:
            if modifiers & Qt.KeyboardModifier.ShiftModifier:
                self._pan_by_key(ARROWS[key])
            else:
                self._walk(ARROWS[key])
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_End):
            names = list(self.layout_now.boxes)
            self._focus_and_reveal(names[0 if key == Qt.Key.Key_Home else -1])
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self._press(self._focus(), opens=key != Qt.Key.Key_Space)
        else:
            return self._zoom_key(key)
        return True

    def _zoom_key(self, key: Qt.Key) -> bool:
        if key in (Qt.Key.Key_F, Qt.Key.Key_0):
            self.fit()
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.zoom(ZOOM_STEP)
        elif key == Qt.Key.Key_Minus:
            self.zoom(1 / ZOOM_STEP)
        else:
            return False
        return True

    def _focus(self) -> str:
        assert self._shown is not None
        return self._shown.focused or self._shown.selected or next(iter(self.layout_now.boxes))

    def _walk(self, direction: str) -> None:
        self._focus_and_reveal(navigation.step(self.layout_now, self._focus(), direction))

    def _focus_and_reveal(self, unit: str) -> None:
        self.set_focused(unit)
        self._reveal(unit)

    def _press(self, unit: str, *, opens: bool) -> None:
        if opens and unit in self.layout_now.modules:
            self.toggle(unit)
        else:
            self._choose(unit)
        self.set_focused(self.layout_now.shown(unit))

    def _pan_by_key(self, direction: str) -> None:
        across = {"left": KEY_PAN, "right": -KEY_PAN}.get(direction, 0.0)
        down = {"up": KEY_PAN, "down": -KEY_PAN}.get(direction, 0.0)
        if self._shown is not None:
            self._look_at(self._shown.viewport.moved(across, down))

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show the ring when the focus came by key."""
        quiet = (Qt.FocusReason.MouseFocusReason, Qt.FocusReason.ActiveWindowFocusReason)
        if self._shown is not None and event.reason() not in quiet:
            self.set_focused(self._focus())
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Hide the ring."""
        if self._shown is not None:
            self._shown.focused = ""
            self.update()
        super().focusOutEvent(event)

    # --- mouse, wheel, touch -----------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a click or a drag."""
        buttons = (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton)
        if event.button() in buttons:
            self._pressed, self._dragging = event.position(), False

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag the network along, or light up what is under the pointer."""
        position = event.position()
        if self._pressed is not None and event.buttons():
            moved = position - self._pressed
            if self._dragging or moved.manhattanLength() >= QApplication.startDragDistance():
                self._dragging = True
                self.setCursor(Qt.CursorShape.ClosedHandCursor)
                self._pressed = position
                if self._shown is not None:
                    self._look_at(self._shown.viewport.moved(moved.x(), moved.y()))
        elif self._shown is not None and self.unit_at(position) != self._shown.hovered:
            self._shown.hovered = self.unit_at(position)
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Select what was clicked, or open or close it at its chevron."""
        pressed, self._pressed = self._pressed, None
        self.unsetCursor()
        if pressed is None or self._dragging or event.button() != Qt.MouseButton.LeftButton:
            return
        if module := self.module_of_chevron(event.position()):
            self.toggle(module)
        elif unit := self.unit_at(event.position()):
            self._choose(unit)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Zoom to the selection; on the background, fit."""
        if self.module_of_chevron(event.position()):
            self.mousePressEvent(event)
        elif self.unit_at(event.position()):
            # The first click may have opened a module under the pointer: what was
            # selected by it is meant, not what has moved there since.
            self.zoom_to(self.selected)
        else:
            self.fit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom around the pointer; Shift or a touchpad pans."""
        turned, exact = event.angleDelta(), event.pixelDelta()
        touchpad = event.device().type() == QInputDevice.DeviceType.TouchPad
        zooms = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        shifted = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if self._shown is None:
            return event.ignore()
        if not zooms and (touchpad or shifted):
            delta = QPointF(exact) if not exact.isNull() else QPointF(turned) / 2
            if shifted and delta.x() == 0:
                delta = QPointF(delta.y(), 0)
            self._look_at(self._shown.viewport.moved(delta.x(), delta.y()))
        else:
            self.zoom(ZOOM_STEP ** (turned.y() / 120), event.position())
        event.accept()
        return None

    def event(self, event: QEvent) -> bool:
        """Tooltips and pinches."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            words = self.tooltip_at(QPointF(event.pos()))
            QToolTip.showText(event.globalPos(), words, self)
            return True
        if isinstance(event, QNativeGestureEvent):
            if event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture:
                self.zoom(1 + event.value(), event.position())
                return True
        elif event.type() == QEvent.Type.Gesture:
            pinch = event.gesture(Qt.GestureType.PinchGesture)
            if isinstance(pinch, QPinchGesture):
                centre = self.mapFromGlobal(pinch.centerPoint())
                self.zoom(pinch.scaleFactor(), centre)
                return True
        return super().event(event)

    def leaveEvent(self, event: QEvent) -> None:
        """Nothing is under the pointer any more."""
        if self._shown is not None and self._shown.hovered:
            self._shown.hovered = ""
            self.update()
        super().leaveEvent(event)
