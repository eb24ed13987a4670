"""The list of classes: search, copy, choice; and the box to choose one."""

import pytest
import ui_data
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication

from inception_viewer.ui.class_chooser import ClassChooser
from inception_viewer.ui.class_list import class_labels
from inception_viewer.ui.classes_dialog import ClassesDialog

NAMES = ("crane", "Faces_easy", "crane", "stop_sign", "cup")


@pytest.fixture
def dialog(qtbot):
    made = ClassesDialog("demo", ui_data.CLASSES)
    qtbot.addWidget(made)
    made.show()
    return made


@pytest.fixture
def chooser(qtbot):
    made = ClassChooser()
    qtbot.addWidget(made)
    made.set_classes(ui_data.CLASSES)
    made.set_default_text("main's top class")
    made.show()
    return made


def test_names_that_occur_twice_get_their_index():
    assert class_labels(NAMES) == (
        "crane (class 0)", "Faces_easy", "crane (class 2)", "stop_sign", "cup",
    )  # fmt: skip


def test_every_class_is_listed_in_order(dialog):
    assert dialog.classes.shown == list(ui_data.CLASSES)
    assert dialog.classes.count.text() == "101 classes"


def test_search_by_words_ignores_case_and_underscores(qtbot):
    made = ClassesDialog("demo", NAMES)
    qtbot.addWidget(made)
    made.classes.field.setText("SIGN stop")
    assert made.classes.shown == ["stop_sign"]
    assert made.classes.count.text() == "1 of 5 classes"


def test_double_click_on_a_found_class_gives_its_own_index(dialog, qtbot):
    dialog.classes.field.setText("pagoda")
    place = dialog.classes.list.model().index(0, 0)
    with qtbot.waitSignal(dialog.class_selected) as caught:
        dialog.classes.list.doubleClicked.emit(place)
    assert caught.args == [ui_data.CLASSES.index("pagoda")]
    assert not dialog.isVisible()


def test_keyboard_alone_types_steps_and_chooses(dialog, qtbot):
    qtbot.keyClicks(dialog.classes.field, "class 1")
    shown = dialog.classes.shown
    qtbot.keyClick(dialog.classes.field, Qt.Key.Key_Down)
    with qtbot.waitSignal(dialog.class_selected) as caught:
        qtbot.keyClick(dialog.classes.field, Qt.Key.Key_Return)
    assert caught.args == [ui_data.CLASSES.index(shown[1])]


def test_enter_without_a_match_chooses_nothing(dialog, qtbot):
    dialog.classes.field.setText("zebra")
    with qtbot.assertNotEmitted(dialog.class_selected):
        qtbot.keyClick(dialog.classes.field, Qt.Key.Key_Return)
    assert dialog.isVisible()


def test_copy_takes_the_selected_names_or_all_that_match(dialog, qtbot):
    dialog.classes.copy()
    assert QGuiApplication.clipboard().text().splitlines() == list(ui_data.CLASSES)
    dialog.classes.list.setCurrentIndex(dialog.classes.list.model().index(98, 0))
    qtbot.keyClick(dialog.classes.field, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == "cup"


def test_typing_part_of_a_name_and_enter_chooses_it(chooser, qtbot):
    chooser.lineEdit().setText("ewe")
    with qtbot.waitSignal(chooser.class_chosen) as caught:
        qtbot.keyClick(chooser.lineEdit(), Qt.Key.Key_Return)
    assert caught.args == [ui_data.CLASSES.index("ewer")]
    assert chooser.target == ui_data.CLASSES.index("ewer")
    assert chooser.currentText() == "ewer"


def test_text_that_is_no_class_is_put_back(chooser, qtbot):
    chooser.set_target(98)
    chooser.lineEdit().setText("zebra")
    with qtbot.assertNotEmitted(chooser.class_chosen):
        chooser.lineEdit().editingFinished.emit()
    assert chooser.target == 98
    assert chooser.currentText() == "cup"


def test_the_first_entry_is_the_default(chooser, qtbot):
    chooser.set_target(98)
    chooser.set_default_text("main's top: cup")
    assert chooser.currentText() == "cup"
    with qtbot.waitSignal(chooser.class_chosen) as caught:
        chooser.activated.emit(0)
    assert caught.args == [None]
    assert chooser.currentText() == "main's top: cup"


def test_unknown_targets_fall_back_to_the_default(chooser):
    chooser.set_target(101)
    assert chooser.target is None
    chooser.set_target(100)
    assert chooser.target == 100


def test_twins_keep_their_own_index(qtbot):
    made = ClassChooser()
    qtbot.addWidget(made)
    made.set_classes(NAMES)
    with qtbot.waitSignal(made.class_chosen) as caught:
        made.activated.emit(3)
    assert caught.args == [2]
    assert made.currentText() == "crane (class 2)"
