"""What watches for things left behind sees them, and lets go what ends in time."""

from __future__ import annotations

import _thread
import gc
import threading
import time
import weakref
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import leaks
import pytest
from PySide6.QtWidgets import QDialog, QLabel, QWidget

from inception_viewer.ui.view import EmptyState

pytest_plugins = ["pytester"]

SOON = 0.05
"""Seconds of patience where something stays on purpose."""


@pytest.fixture
def stop() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


@pytest.fixture(autouse=True)
def quick(request, monkeypatch) -> None:
    """Collecting takes a second once torch is loaded; only one test is about it."""
    if "cycle" not in request.node.name:
        monkeypatch.setattr(leaks, "_collect", lambda: None)


def left_by(work: object, *arguments: object) -> str:
    """The complaint about what a function leaves behind; its result is kept until then."""
    with pytest.raises(AssertionError, match=r"^left behind: ") as caught:  # noqa: SIM117
        with leaks.nothing_left(SOON):
            kept = work(*arguments)
    del kept
    return str(caught.value)


def start(stop: threading.Event, **options: object) -> threading.Thread:
    thread = threading.Thread(target=stop.wait, **options)
    thread.start()
    return thread


# --- threads -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "daemon"), [(None, True), (None, False), ("MainThread", True), ("anything", False)]
)
def test_a_thread_is_seen_whatever_its_name(stop, name: str | None, daemon: bool) -> None:
    said = left_by(lambda: start(stop, name=name, daemon=daemon) and None)
    assert "threading.Thread " + (name or "Thread-") in said


def test_a_pools_threads_are_seen(stop) -> None:
    pool = ThreadPoolExecutor(2, "photos")
    assert "photos_0" in left_by(lambda: pool.submit(stop.wait) and None)
    stop.set()
    pool.shutdown()


def test_every_exception_has_its_reason_and_is_of_its_kind_only(stop) -> None:
    assert all(len(reason) > 20 for reason in leaks.OTHERS.values())
    _thread.start_new_thread(named_and_waiting, (stop,))
    while not (native := [t for t in threading.enumerate() if t.name.startswith("Dummy-")]):
        time.sleep(0.001)
    thread = start(stop, name="Dummy-1")
    assert thread in leaks.threads()
    assert not set(native) & set(leaks.threads())


def named_and_waiting(stop: threading.Event) -> None:
    threading.current_thread()  # from here on Python lists the thread
    stop.wait()


def test_a_thread_that_ends_in_time_is_not_held_against_a_test() -> None:
    with leaks.nothing_left():
        threading.Timer(0.2, lambda: None).start()


def test_a_thread_that_was_there_may_stay(stop) -> None:
    start(stop, name="before")
    with leaks.nothing_left(SOON):
        assert [t for t in leaks.threads() if t.name == "before"]


def test_others_threads_are_passed_over_by_class_and_name(stop, monkeypatch) -> None:
    monkeypatch.setattr(leaks, "OTHERS", {r"threading\.Thread tqdm.*": "for this test"})
    with leaks.nothing_left(SOON):
        start(stop, name="tqdm monitor")
    assert "threading.Thread a tqdm" in left_by(lambda: start(stop, name="a tqdm") and None)


# --- widgets -----------------------------------------------------------------------------


def test_a_window_of_ours_is_seen_shown_or_not(qapp) -> None:
    assert left_by(EmptyState).endswith("left behind: inception_viewer.ui.view.EmptyState")


def test_one_inside_anothers_window_is_seen(qapp) -> None:
    def make() -> QWidget:
        window = QWidget()
        window.inner = EmptyState(window)
        return window

    assert "inception_viewer.ui.view.EmptyState" in left_by(make)


def test_a_window_of_ours_that_an_older_one_owns_is_seen(qapp) -> None:
    class Ours(QDialog):
        __module__ = "inception_viewer.ui.made_up"

    owner = QWidget()
    assert "made_up" in left_by(Ours, owner)
    owner.deleteLater()


def test_parts_added_to_an_older_window_belong_to_it(qapp) -> None:
    owner = QWidget()
    with leaks.nothing_left(SOON):
        EmptyState(owner)
    assert owner.findChild(EmptyState) is not None


def test_what_is_deleted_late_or_caught_in_a_cycle_is_not_held_against_a_test(qapp) -> None:
    with leaks.nothing_left(SOON):
        late = EmptyState()
        late.deleteLater()
        cycle = EmptyState()
        cycle.itself = cycle
        gc.freeze()  # as the worker does once torch is loaded
        del cycle
    gc.unfreeze()


def test_others_widgets_are_not_ours_to_delete(qapp) -> None:
    with leaks.nothing_left(SOON):
        label = QLabel("a test's own")
    assert label.text()


# --- nothing passes for something else -------------------------------------------------------


def test_what_dies_leaves_no_mark_that_something_new_could_be_taken_for(qapp) -> None:
    old = EmptyState()
    watched = weakref.ref(old)
    before = leaks.Before()
    assert old in before.widgets
    del old
    assert watched() is None, "it is held"
    again = [EmptyState() for _ in range(20)]  # one of them is likely to have its address
    assert set(again) <= set(before.new_widgets())


def test_a_new_thread_with_an_old_ones_number_is_seen(stop) -> None:
    over = threading.Event()
    old = start(over)
    before = leaks.Before()
    over.set()
    old.join()
    del old
    new = [start(stop) for _ in range(20)]  # one of them is likely to have its number
    assert set(before.new_threads()) == set(new)


# --- in a test run ---------------------------------------------------------------------------


def test_a_leaking_test_and_a_leaking_file_fail(pytester, stop, monkeypatch) -> None:
    monkeypatch.setattr(leaks, "PATIENCE", SOON)
    monkeypatch.setattr(leaks, "STOP", stop, raising=False)
    pytester.makeconftest("from leaks import nothing_left_behind, nothing_left_behind_by_module\n")
    pytester.makepyfile(
        test_one="""
            import leaks, pytest, threading

            def begin(name):
                threading.Thread(target=leaks.STOP.wait, name=name).start()

            @pytest.fixture(scope="module")
            def shared():
                begin("shared")

            def test_leaks(): begin("my own")
            def test_shares(shared): pass
            def test_is_clean(): pass
            """
    )
    run = pytester.runpytest_inprocess("-p", "no:cacheprovider", "-p", "no:hypothesispytest")
    run.assert_outcomes(passed=3, errors=2)
    run.stdout.fnmatch_lines(["*left behind: threading.Thread my own"])
    run.stdout.fnmatch_lines(["*left behind: threading.Thread*shared*"])


def test_every_test_here_is_watched(request) -> None:
    assert {"nothing_left_behind", "nothing_left_behind_by_module"} <= set(request.fixturenames)
