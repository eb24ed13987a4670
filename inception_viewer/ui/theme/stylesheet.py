"""The application's style sheet, made from a theme."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .marks import marks

if TYPE_CHECKING:
    from . import Theme


def stylesheet(theme: Theme) -> str:
    """Return Qt style rules for a theme; everything not named keeps the Fusion style."""
    parts = (_docks, _bars, _fields, _field_states, _pages, _tables, _scrolling, _roles, marks)
    return "\n" + "".join(part(theme) for part in parts)


def _docks(theme: Theme) -> str:
    """Return the rules of tool tips and docks."""
    return f"""\
QToolTip {{ color: {theme.text}; background: {theme.raised}; border: 1px solid {theme.border};
    padding: 4px; }}
QMainWindow::separator {{ background: {theme.window}; width: 6px; height: 6px; }}
QMainWindow::separator:hover {{ background: {theme.accent}; }}
QDockWidget {{ color: {theme.muted}; font-weight: 600; titlebar-close-icon: none; }}
QDockWidget::title {{ background: {theme.window}; padding: 6px 8px; text-align: left; }}
"""


def _bars(theme: Theme) -> str:
    """Return the rules of menus and the status bar."""
    return f"""\
QMenuBar {{ background: {theme.window}; }}
QMenuBar::item {{ padding: 4px 8px; background: transparent; border-radius: 4px; }}
QMenuBar::item:selected {{ background: {theme.selection}; }}
QMenu {{ background: {theme.panel}; border: 1px solid {theme.border}; padding: 4px; }}
QMenu::item {{ padding: 5px 24px 5px 24px; border-radius: 4px; }}
QMenu::item:selected {{ background: {theme.selection}; }}
QMenu::item:disabled {{ color: {theme.muted}; }}
QMenu::separator {{ height: 1px; background: {theme.border}; margin: 4px 8px; }}
QStatusBar {{ background: {theme.window}; border-top: 1px solid {theme.border}; }}
QStatusBar::item {{ border: none; }}
"""


def _fields(theme: Theme) -> str:
    """Return the rules of what is pressed, chosen from or typed into."""
    return f"""\
QPushButton, QToolButton, QComboBox, QSpinBox, QDoubleSpinBox, QLineEdit {{
    min-height: 22px; border: 1px solid {theme.border}; border-radius: 4px;
    background: {theme.raised}; padding: 0 8px; color: {theme.text}; }}
QLineEdit {{ background: {theme.panel}; }}
QToolButton {{ padding: 0 6px; }}
QToolButton[popupMode="2"] {{ padding-right: 18px; }}
QToolButton::menu-indicator {{ subcontrol-origin: padding; subcontrol-position: right center;
    right: 4px; }}
QToolButton[flat="true"] {{ border-color: transparent; background: transparent; }}
"""


def _field_states(theme: Theme) -> str:
    """Return the rules of the same under the pointer, pressed, focused, disabled and primary."""
    return f"""\
QPushButton:hover, QToolButton:hover, QComboBox:hover {{ border-color: {theme.accent}; }}
QPushButton:pressed, QToolButton:pressed, QToolButton:checked {{ background: {theme.selection}; }}
QPushButton:focus, QToolButton:focus, QComboBox:focus, QLineEdit:focus, QSpinBox:focus,
QDoubleSpinBox:focus {{ border: 2px solid {theme.accent}; }}
QPushButton:disabled, QToolButton:disabled, QComboBox:disabled, QSpinBox:disabled,
QDoubleSpinBox:disabled, QLineEdit:disabled {{ color: {theme.muted};
    background: {theme.window}; }}
QPushButton[primary="true"] {{ background: {theme.accent}; color: {theme.accent_text};
    border-color: {theme.accent}; font-weight: 600; }}
QPushButton[primary="true"]:focus {{ border: 2px solid {theme.text}; }}
QPushButton[primary="true"]:disabled {{ background: {theme.border}; color: {theme.muted};
    border-color: {theme.border}; }}
"""


def _pages(theme: Theme) -> str:
    """Return the rules of the lists that boxes open, tabs and progress bars."""
    return f"""\
QComboBox::drop-down {{ border: none; width: 20px; }}
QComboBox QAbstractItemView {{ background: {theme.panel}; border: 1px solid {theme.border};
    selection-background-color: {theme.selection}; selection-color: {theme.text}; }}
QTabWidget::pane {{ border: 1px solid {theme.border}; background: {theme.panel}; }}
QTabBar::tab {{ padding: 6px 12px; color: {theme.muted}; border: none;
    border-bottom: 2px solid transparent; background: transparent; }}
QTabBar::tab:selected {{ color: {theme.text}; border-bottom-color: {theme.accent}; }}
QTabBar::tab:hover {{ color: {theme.text}; }}
QTabBar::tab:focus {{ color: {theme.text}; background: {theme.selection}; }}
QProgressBar {{ border: 1px solid {theme.border}; border-radius: 4px; background: {theme.raised};
    text-align: center; min-height: 14px; color: {theme.text}; }}
QProgressBar::chunk {{ background: {theme.selection}; border-radius: 3px; }}
"""


def _tables(theme: Theme) -> str:
    """Return the rules of tables and their headings."""
    return f"""\
QHeaderView {{ background: {theme.panel}; border: none; }}
QHeaderView::section {{ background: {theme.panel}; color: {theme.muted}; border: none;
    border-bottom: 1px solid {theme.border}; padding: 4px 6px; }}
QHeaderView::section:hover {{ color: {theme.text}; }}
QHeaderView::up-arrow, QHeaderView::down-arrow {{ subcontrol-origin: padding;
    subcontrol-position: top center; width: 8px; height: 8px; }}
QTableView {{ selection-background-color: {theme.selection}; selection-color: {theme.text}; }}
QTableView::item {{ padding: 0 6px; }}
QTableView:focus {{ border: 1px solid {theme.accent}; }}
"""


def _scrolling(theme: Theme) -> str:
    """Return the rules of scroll bars, what scrolls, and sliders."""
    return f"""\
QScrollBar:vertical {{ background: transparent; width: 12px; margin: 0; }}
QScrollBar:horizontal {{ background: transparent; height: 12px; margin: 0; }}
QScrollBar::handle {{ background: {theme.border}; border-radius: 4px; min-height: 24px;
    min-width: 24px; margin: 2px; }}
QScrollBar::handle:hover {{ background: {theme.muted}; }}
QAbstractScrollArea::corner {{ background: transparent; border: none; }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
QListView, QTreeView, QTableView, QAbstractScrollArea {{ border: none; }}
QListView::item:selected {{ background: {theme.selection}; color: {theme.text}; }}
QSlider::groove:horizontal {{ height: 4px; background: {theme.border}; border-radius: 2px; }}
QSlider::handle:horizontal {{ background: {theme.accent}; width: 14px; height: 14px;
    margin: -6px 0; border-radius: 7px; }}
QSlider::handle:horizontal:focus {{ border: 2px solid {theme.text}; }}
"""


def _roles(theme: Theme) -> str:
    """Return the rules of labels and frames that say by a property what they are."""
    return f"""\
QLabel[role="muted"] {{ color: {theme.muted}; }}
QLabel[role="warning"] {{ color: {theme.warning}; }}
QLabel[role="error"] {{ color: {theme.error}; }}
QLabel[role="section"] {{ font-weight: 600; }}
QFrame[role="panel"] {{ background: {theme.panel}; }}
QFrame[role="card"] {{ background: {theme.raised}; border: 1px solid {theme.border};
    border-radius: 6px; }}
"""
