"""Lanes, tickets and the cache, with answers that wait for the test's word."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from queue import Empty, Queue
from typing import Any

import numpy as np
import pytest

from inception_viewer import runner as module
from inception_viewer.errors import ViewerError
from inception_viewer.lru import Lru
from inception_viewer.questions import Command, Question
from inception_viewer.runner import (
    Cache,
    Cancel,
    Cancelled,
    Done,
    Failed,
    Outcome,
    Partial,
    Progress,
    Runner,
    Ticket,
    sentence_of,
    size_of,
)

SOON = 5.0


@dataclass(frozen=True)
class Ask(Question):
    """A question with a name."""

    name: str


@dataclass(frozen=True)
class Do(Command):
    """A command with a name."""

    name: str


class Lab:
    """Answers by name: a number says how; ``gate`` holds those that begin with "slow"."""

    def __init__(self) -> None:
        self.started: Queue[str] = Queue()
        self.gate = threading.Event()
        self.asked: list[str] = []
        self.lanes: dict[str, str] = {}

    def answer(self, question: Any, lab: Lab, progress: Progress) -> str:
        assert lab is self
        name = question.name
        self.asked.append(name)
        self.lanes[name] = progress.lane
        self.started.put(name)
        if name.startswith("slow"):
            while not self.gate.wait(0.005):
                progress(0.5)
        elif name.startswith("deaf"):
            assert self.gate.wait(SOON)
        elif name.startswith("broken"):
            raise ValueError("the  reason\nof it")
        return name.upper()

    def wait_for(self, name: str) -> None:
        """Wait until the question of that name has begun."""
        while self.started.get(timeout=SOON) != name:
            pass


class Outcomes:
    """What was delivered, in order."""

    def __init__(self) -> None:
        self.queue: Queue[Outcome] = Queue()

    def __call__(self, outcome: Outcome) -> None:
        self.queue.put(outcome)

    def final(self) -> Outcome:
        """The next outcome that is not partial."""
        while isinstance(outcome := self.queue.get(timeout=SOON), Partial):
            pass
        return outcome

    def nothing(self) -> bool:
        """Whether no final outcome has been delivered."""
        try:
            while isinstance(self.queue.get_nowait(), Partial):
                pass
        except Empty:
            return True
        return False


@pytest.fixture
def lab() -> Lab:
    return Lab()


@pytest.fixture
def runner(lab: Lab) -> Iterator[Runner]:
    runner = Runner(lambda: (lab.answer, lab))
    yield runner
    lab.gate.set()
    assert runner.close(SOON)


def eventually(true: Callable[[], bool]) -> bool:
    """Wait until something is true, at most ``SOON``."""
    deadline = time.monotonic() + SOON
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.002)
    return True


# --- the two lanes -----------------------------------------------------------------------


def test_each_lane_answers_under_its_own_name(runner: Runner, lab: Lab) -> None:
    live, job = Outcomes(), Outcomes()
    runner.live("maps", Ask("a"), live)
    runner.submit(Ask("b"), job)
    first, second = live.final(), job.final()
    assert isinstance(first, Done)
    assert isinstance(second, Done)
    assert (first.question, first.answer, first.cached) == (Ask("a"), "A", False)
    assert second.answer == "B"
    assert lab.lanes == {"a": "live", "b": "jobs"}


def test_newest_live_question_of_a_view_replaces_the_one_under_way(
    runner: Runner, lab: Lab
) -> None:
    old, new = Outcomes(), Outcomes()
    runner.live("maps", Ask("slow old"), old)
    lab.wait_for("slow old")
    runner.live("maps", Ask("new"), new)
    assert isinstance(old.final(), Cancelled)
    outcome = new.final()
    assert isinstance(outcome, Done)
    assert outcome.answer == "NEW"


def test_waiting_question_of_a_view_is_replaced_before_it_begins(runner: Runner, lab: Lab) -> None:
    stale = Outcomes()
    runner.live("graph", Ask("slow"), Outcomes())
    lab.wait_for("slow")
    runner.live("maps", Ask("stale"), stale)
    newest = Outcomes()
    runner.live("maps", Ask("newest"), newest)
    assert isinstance(stale.final(), Cancelled)
    lab.gate.set()
    assert isinstance(newest.final(), Done)
    assert "stale" not in lab.asked


def test_other_views_questions_are_left_alone(runner: Runner, lab: Lab) -> None:
    graph = Outcomes()
    runner.live("graph", Ask("slow graph"), graph)
    lab.wait_for("slow graph")
    maps = Outcomes()
    runner.live("maps", Ask("maps"), maps)
    assert graph.nothing()
    lab.gate.set()
    assert isinstance(graph.final(), Done)
    assert isinstance(maps.final(), Done)


def test_jobs_are_answered_in_the_order_they_came(runner: Runner, lab: Lab) -> None:
    outcomes = Outcomes()
    for name in "abcde":
        runner.submit(Ask(name), outcomes)
    answers = [outcomes.final() for _ in range(5)]
    assert [a.answer for a in answers if isinstance(a, Done)] == list("ABCDE")


def test_job_gives_way_to_the_live_lane(lab: Lab) -> None:
    """Between two progress calls of a job the whole live question is answered."""
    order: list[str] = []
    in_job, live_is_asked = threading.Event(), threading.Event()

    def answer(question: Any, lab: Any, progress: Progress) -> str:
        if progress.lane == "jobs":
            in_job.set()
            assert live_is_asked.wait(SOON)
            progress(0.5)
            order.append("job goes on")
        else:
            time.sleep(0.03)
            order.append("live is answered")
        return "done"

    runner, job = Runner(lambda: (answer, None)), Outcomes()
    runner.submit(Ask("job"), job)
    assert in_job.wait(SOON)
    runner.live("view", Ask("live"), Outcomes())
    live_is_asked.set()
    assert isinstance(job.final(), Done)
    assert order == ["live is answered", "job goes on"]
    assert runner.close(SOON)


# --- cancel, pause, close ----------------------------------------------------------------


def test_ticket_under_way_is_cancelled_at_its_next_progress_call(runner: Runner, lab: Lab) -> None:
    outcomes = Outcomes()
    ticket = runner.submit(Ask("slow"), outcomes)
    lab.wait_for("slow")
    ticket.cancel()
    assert isinstance(outcomes.final(), Cancelled)
    assert runner.cache.get(Ask("slow")) is None


def test_waiting_ticket_is_cancelled_at_once_and_never_begins(runner: Runner, lab: Lab) -> None:
    runner.submit(Ask("slow"), Outcomes())
    lab.wait_for("slow")
    waiting = Outcomes()
    runner.submit(Ask("waiting"), waiting).cancel()
    assert isinstance(waiting.queue.get_nowait(), Cancelled)
    assert runner.lanes["jobs"].waiting == ()
    lab.gate.set()
    last = Outcomes()
    runner.submit(Ask("last"), last)
    assert isinstance(last.final(), Done)
    assert "waiting" not in lab.asked


def test_cancel_twice_and_after_the_end_says_nothing_more(runner: Runner, lab: Lab) -> None:
    outcomes = Outcomes()
    ticket = runner.submit(Ask("a"), outcomes)
    assert isinstance(outcomes.final(), Done)
    ticket.cancel()
    ticket.cancel()
    assert outcomes.nothing()


def test_answer_that_came_too_late_is_not_delivered_but_kept(runner: Runner, lab: Lab) -> None:
    outcomes = Outcomes()
    ticket = runner.submit(Ask("deaf"), outcomes)
    lab.wait_for("deaf")
    ticket.cancel()
    lab.gate.set()
    assert isinstance(outcomes.final(), Cancelled)
    assert runner.cache.get(Ask("deaf")) == "DEAF"


def test_cancel_is_not_taken_for_a_failure_by_the_code_between(lab: Lab) -> None:
    began, stop = threading.Event(), threading.Event()

    def answer(question: Any, lab: Any, progress: Progress) -> str:
        began.set()
        assert stop.wait(SOON)
        try:
            progress(0.5)
        except Exception:  # as libraries do
            return "swallowed"
        return "went on"

    runner, outcomes = Runner(lambda: (answer, None)), Outcomes()
    ticket = runner.submit(Ask("a"), outcomes)
    assert began.wait(SOON)
    ticket.cancel()
    stop.set()
    assert isinstance(outcomes.final(), Cancelled)
    assert runner.close(SOON)


def test_emptying_cancels_every_job_and_no_live_question(runner: Runner, lab: Lab) -> None:
    live, jobs = Outcomes(), [Outcomes() for _ in range(3)]
    for place, outcomes in enumerate(jobs):
        runner.submit(Ask(f"slow {place}"), outcomes)
    lab.wait_for("slow 0")
    runner.live("view", Ask("slow live"), live)
    lab.wait_for("slow live")
    runner.empty()
    assert all(isinstance(outcomes.final(), Cancelled) for outcomes in jobs)
    assert live.nothing()
    lab.gate.set()
    assert isinstance(live.final(), Done)


def test_pause_holds_a_job_at_its_progress_call(lab: Lab) -> None:
    began, paused, went_on = threading.Event(), threading.Event(), threading.Event()

    def answer(question: Any, lab: Any, progress: Progress) -> str:
        if progress.lane == "jobs":
            began.set()
            assert paused.wait(SOON)
            progress(0.5)
            went_on.set()
        return "done"

    runner, job, live = Runner(lambda: (answer, None)), Outcomes(), Outcomes()
    runner.submit(Ask("job"), job)
    assert began.wait(SOON)
    runner.pause(True)
    paused.set()
    runner.live("view", Ask("live"), live)
    assert isinstance(live.final(), Done)
    assert not went_on.wait(0.1)
    runner.pause(False)
    assert isinstance(job.final(), Done)
    assert runner.close(SOON)


def test_paused_job_can_be_cancelled(runner: Runner, lab: Lab) -> None:
    outcomes = Outcomes()
    ticket = runner.submit(Ask("slow"), outcomes)
    lab.wait_for("slow")
    runner.pause(True)
    ticket.cancel()
    assert isinstance(outcomes.final(), Cancelled)
    assert runner.lanes["jobs"].paused


def test_paused_queue_begins_nothing(runner: Runner, lab: Lab) -> None:
    runner.pause(True)
    outcomes = Outcomes()
    runner.submit(Ask("a"), outcomes)
    live = Outcomes()
    runner.live("view", Ask("b"), live)
    assert isinstance(live.final(), Done)
    assert lab.asked == ["b"]
    runner.pause(False)
    assert isinstance(outcomes.final(), Done)


def test_busy_and_waiting_tell_what_there_is(runner: Runner, lab: Lab) -> None:
    jobs = runner.lanes["jobs"]
    assert not jobs.busy
    outcomes = Outcomes()
    runner.submit(Ask("slow"), outcomes)
    lab.wait_for("slow")
    runner.submit(Ask("next"), outcomes)
    assert jobs.busy
    assert jobs.waiting == (Ask("next"),)
    lab.gate.set()
    assert isinstance(outcomes.final(), Done)
    assert isinstance(outcomes.final(), Done)
    assert eventually(lambda: not jobs.busy)


def test_closing_while_busy_ends_both_threads_and_delivers_nothing(lab: Lab) -> None:
    runner = Runner(lambda: (lab.answer, lab))
    live, job, waiting = Outcomes(), Outcomes(), Outcomes()
    runner.live("view", Ask("slow live"), live)
    lab.wait_for("slow live")
    runner.submit(Ask("slow job"), job)
    runner.submit(Ask("waiting"), waiting)
    assert runner.close(SOON)
    assert live.nothing()
    assert job.nothing()
    assert waiting.nothing()
    assert not any(t.name.startswith("inception-") for t in threading.enumerate())


def test_closing_reports_a_thread_that_does_not_end(lab: Lab) -> None:
    runner = Runner(lambda: (lab.answer, lab))
    runner.submit(Ask("deaf"), Outcomes())
    lab.wait_for("deaf")
    assert not runner.close(0.1)
    lab.gate.set()
    assert runner.close(SOON)


def test_questions_after_the_close_are_cancelled(runner: Runner, lab: Lab) -> None:
    runner.cache.put(Ask("known"), "KNOWN")
    runner.close(SOON)
    outcomes = Outcomes()
    tickets = [
        runner.live("view", Ask("a"), outcomes),
        runner.submit(Ask("b"), outcomes),
        runner.live("view", Ask("known"), outcomes),
    ]
    assert all(ticket.stop.is_set() for ticket in tickets)
    assert outcomes.queue.empty()


# --- what goes wrong ---------------------------------------------------------------------


def test_failure_is_one_sentence_with_details_and_the_lane_lives_on(runner: Runner) -> None:
    outcomes = Outcomes()
    runner.submit(Ask("broken"), outcomes)
    runner.submit(Ask("next"), outcomes)
    failed = outcomes.final()
    assert isinstance(failed, Failed)
    assert failed.sentence == "Something unforeseen went wrong: the reason of it"
    assert "ValueError" in failed.details
    assert isinstance(outcomes.final(), Done)
    assert runner.cache.get(Ask("broken")) is None


def test_worker_that_cannot_be_made_is_reported_each_time_and_tried_again(lab: Lab) -> None:
    tries: list[int] = []

    def make() -> tuple[Any, Lab]:
        tries.append(1)
        if len(tries) < 3:
            raise ModuleNotFoundError("No module named 'torch'", name="torch")
        return lab.answer, lab

    runner, outcomes = Runner(make), Outcomes()
    for _ in range(3):
        runner.live("view", Ask("a"), outcomes)
        outcome = outcomes.final()
        if len(tries) < 3:
            assert isinstance(outcome, Failed)
            assert "“torch” is missing" in outcome.sentence
    assert isinstance(outcome, Done)
    assert runner.close(SOON)


def test_worker_is_named_by_a_string_and_made_once(
    monkeypatch: pytest.MonkeyPatch, lab: Lab
) -> None:
    made: list[int] = []

    def make_worker() -> tuple[Any, Lab]:
        made.append(1)
        return lab.answer, lab

    monkeypatch.setattr(module, "make_worker_of_the_test", make_worker, raising=False)
    runner = Runner("inception_viewer.runner:make_worker_of_the_test")
    one, two = Outcomes(), Outcomes()
    runner.live("view", Ask("a"), one)
    runner.submit(Ask("b"), two)
    assert isinstance(one.final(), Done)
    assert isinstance(two.final(), Done)
    assert made == [1]
    assert runner.close(SOON)


def test_receiver_that_fails_does_not_end_the_lane(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: Queue[Any] = Queue()
    monkeypatch.setattr(threading, "excepthook", told.put)
    runner, outcomes = Runner(lambda: (lab.answer, lab)), Outcomes()

    def deleted(outcome: Outcome) -> None:
        raise RuntimeError("Internal C++ object already deleted.")

    runner.submit(Ask("a"), deleted)
    runner.submit(Ask("b"), outcomes)
    assert isinstance(outcomes.final(), Done)
    assert told.get(timeout=SOON).exc_type is RuntimeError
    assert runner.close(SOON)


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (ViewerError("The file is no photo."), "The file is no photo."),
        (MemoryError(), "There is not enough memory"),
        (RuntimeError("CUDA out of memory. Tried to"), "There is not enough memory"),
        (ModuleNotFoundError("no", name="captum"), "“captum” is missing"),
        (ImportError("operator torchvision::nms does not exist"), "do not fit each other"),
        (KeyError("x"), "Something unforeseen went wrong: 'x'"),
        (RuntimeError(), "Something unforeseen went wrong: RuntimeError"),
    ],
)
def test_errors_become_one_sentence(error: Exception, sentence: str) -> None:
    text = sentence_of(error)
    assert sentence in text
    assert "\n" not in text


# --- progress ----------------------------------------------------------------------------


def reported(calls: int, ending: type[BaseException] | None, clock: list[float]) -> list[Outcome]:
    """Report ``calls`` times, a hundredth of a second of the clock apart, and end."""

    def answer(question: Any, lab: Any, progress: Progress) -> str:
        for call in range(1, calls + 1):
            clock[0] += 0.01
            progress(call / calls, answer=call)
        if ending is not None:
            raise ending
        return "done"

    runner, outcomes = Runner(lambda: (answer, None)), Outcomes()
    runner.submit(Ask("a"), outcomes)
    delivered = []
    while not delivered or isinstance(delivered[-1], Partial):
        delivered.append(outcomes.queue.get(timeout=SOON))
    assert runner.close(SOON)
    return delivered


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time that the runner reads; index 0 is the hour."""
    now = [1000.0]

    class Time:
        monotonic = staticmethod(lambda: now[0])

    monkeypatch.setattr(module, "time", Time)
    return now


def test_partials_come_at_most_thirty_times_a_second(clock: list[float]) -> None:
    *partials, last = reported(100, None, clock)
    assert isinstance(last, Done)
    assert len(partials) == 25  # every fourth of 100 reports, 10 ms apart
    fractions = [p.fraction for p in partials if isinstance(p, Partial)]
    assert fractions == sorted(fractions)


def test_remaining_time_is_extrapolated(clock: list[float]) -> None:
    *partials, _ = reported(100, None, clock)
    middle = partials[12]
    assert isinstance(middle, Partial)
    assert middle.seconds_left == pytest.approx(0.01 * 100 * (1 - middle.fraction), rel=0.05)


@pytest.mark.parametrize("ending", [Cancel, ValueError])
def test_newest_partial_is_not_lost_when_no_answer_follows(
    ending: type[BaseException], clock: list[float]
) -> None:
    *partials, last = reported(3, ending, clock)
    assert isinstance(last, Cancelled | Failed)
    assert [p.answer for p in partials if isinstance(p, Partial)] == [1, 3]


# --- the cache ---------------------------------------------------------------------------


def test_cached_answer_is_delivered_before_asking_returns(runner: Runner, lab: Lab) -> None:
    first, second, third = Outcomes(), Outcomes(), Outcomes()
    runner.live("view", Ask("a"), first)
    assert isinstance(first.final(), Done)
    runner.live("view", Ask("a"), second)
    runner.submit(Ask("a"), third)
    for outcomes in (second, third):
        outcome = outcomes.queue.get_nowait()
        assert isinstance(outcome, Done)
        assert outcome.cached
        assert outcome.answer == "A"
    assert lab.asked == ["a"]


def test_cached_answer_takes_back_what_its_view_still_waits_for(runner: Runner, lab: Lab) -> None:
    runner.cache.put(Ask("known"), "KNOWN")
    old = Outcomes()
    runner.live("view", Ask("slow"), old)
    lab.wait_for("slow")
    runner.live("view", Ask("known"), Outcomes())
    assert isinstance(old.final(), Cancelled)


def test_question_that_another_ticket_answered_meanwhile_is_not_answered_again(
    runner: Runner, lab: Lab
) -> None:
    runner.submit(Ask("slow"), Outcomes())
    lab.wait_for("slow")
    one, two = Outcomes(), Outcomes()
    runner.submit(Ask("same"), one)
    runner.submit(Ask("same"), two)
    lab.gate.set()
    first, second = one.final(), two.final()
    assert isinstance(first, Done)
    assert isinstance(second, Done)
    assert (first.cached, second.cached) == (False, True)
    assert lab.asked.count("same") == 1


def test_commands_are_never_kept(runner: Runner, lab: Lab) -> None:
    outcomes = Outcomes()
    for _ in range(2):
        runner.live("view", Do("it"), outcomes)
        assert isinstance(outcomes.final(), Done)
    assert lab.asked == ["it", "it"]


def test_outcomes_go_through_post(lab: Lab) -> None:
    posted: Queue[Callable[[], None]] = Queue()
    runner, outcomes = Runner(lambda: (lab.answer, lab), post=posted.put), Outcomes()
    runner.submit(Ask("a"), outcomes)
    call = posted.get(timeout=SOON)
    assert outcomes.queue.empty()
    call()
    assert isinstance(outcomes.queue.get_nowait(), Done)
    assert runner.close(SOON)


def test_receiver_may_ask_the_next_question_from_within(runner: Runner, lab: Lab) -> None:
    after = Outcomes()

    def ask_next(outcome: Outcome) -> None:
        if isinstance(outcome, Cancelled):
            runner.live("other", Ask("after"), after)

    runner.live("view", Ask("slow"), Outcomes())
    lab.wait_for("slow")
    runner.live("view 2", Ask("waiting"), ask_next)
    runner.live("view 2", Ask("newer"), Outcomes())
    lab.gate.set()
    assert isinstance(after.final(), Done)


def kilobytes(count: int) -> np.ndarray:
    return np.zeros(count * 1024, np.uint8)


def test_stalest_answers_make_room() -> None:
    cache = Cache(10 << 10)
    for name in "abc":
        cache.put(Ask(name), kilobytes(3))
    assert cache.get(Ask("a")) is not None  # fresh again
    cache.put(Ask("d"), kilobytes(3))
    assert [name for name in "abcd" if cache.get(Ask(name)) is not None] == ["a", "c", "d"]
    assert cache.bytes == 9 << 10


def test_pinned_answers_stay_until_they_are_unpinned() -> None:
    cache = Cache(10 << 10)
    cache.pin(frozenset({Ask("a"), Ask("huge")}))
    cache.put(Ask("a"), kilobytes(6))
    cache.put(Ask("huge"), kilobytes(20))
    cache.put(Ask("b"), kilobytes(3))
    assert cache.get(Ask("a")) is not None
    assert cache.get(Ask("huge")) is not None
    assert cache.get(Ask("b")) is None
    cache.pin(frozenset())
    assert cache.bytes <= cache.limit


def test_answer_larger_than_the_bound_does_not_cost_the_others() -> None:
    cache = Cache(10 << 10)
    cache.put(Ask("a"), kilobytes(6))
    cache.put(Ask("huge"), kilobytes(20))
    assert cache.get(Ask("a")) is not None
    assert cache.get(Ask("huge")) is None


def test_answer_put_again_is_counted_once_and_forgetting_frees() -> None:
    cache = Cache(10 << 10)
    cache.put(Ask("a"), kilobytes(4))
    cache.put(Ask("a"), kilobytes(5))
    cache.put(Ask("b"), kilobytes(2))
    assert cache.bytes == 7 << 10
    cache.forget(lambda question: question == Ask("a"))
    assert cache.bytes == 2 << 10
    assert cache.get(Ask("a")) is None


def test_size_looks_into_answers() -> None:
    @dataclass
    class Inner:
        maps: np.ndarray

    @dataclass
    class Outer:
        parts: tuple[Inner, ...]
        named: dict[str, np.ndarray]
        text: str = ""

    outer = Outer((Inner(kilobytes(1)), Inner(kilobytes(2))), {"a": kilobytes(4)})
    assert size_of(outer) == (7 << 10) + 64


def test_lru_is_safe_in_threads() -> None:
    kept: Lru[int, int] = Lru(100, lambda value: 10)

    def work(seed: int) -> None:
        for step in range(300):
            kept.put((seed * 7 + step) % 40, step)
            kept.get(step % 40)
            if step % 50 == 0:
                kept.forget(lambda key: key % 3 == 0)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert kept.bytes == 10 * len(kept)
    assert len(kept) <= 10


def test_ticket_outside_a_runner_can_be_cancelled() -> None:
    ticket = Ticket(Ask("a"), Outcomes(), "live")
    ticket.cancel()
    assert ticket.stop.is_set()
