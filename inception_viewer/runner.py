"""The lanes of work behind the window, and what became of each question.

*Live* answers what someone is looking at: each view has one place in it, and its
newest question replaces the older one, which is cancelled. *Jobs* is a queue that
can be paused, cancelled and emptied; it gives way to the live lane whenever a job
reports progress. *Downloads* is a queue of what waits for the network and *files* of what
waits for the disk; they give way to nobody, and nobody waits for them. Outcomes are
delivered through a ``post`` callable (Qt's event loop, a test's queue, a direct call),
partial ones at most 30 times a second.

This module knows neither torch nor Qt: the answering function is named by a string
and imported by the lane that first needs it.
"""

from __future__ import annotations

import importlib
import sys
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from .lru import Lru
from .questions import Notice, Question

PARTIALS_PER_SECOND = 30
CACHE_BYTES = 512 << 20
LANES = ("live", "jobs", "downloads", "files")


class Cancel(BaseException):
    """Raised inside an answer, at a progress call, once its question is cancelled.

    Not an ``Exception``, so that no ``except Exception`` on the way takes it for a failure.
    """


@dataclass(frozen=True, eq=False)
class Partial:
    """How far an answer is; ``answer`` holds what can be shown already, or None."""

    question: Question
    fraction: float
    seconds_left: float | None
    answer: Any = None
    text: str = ""


@dataclass(frozen=True, eq=False)
class Done:
    """The answer to a question."""

    question: Question
    answer: Any
    cached: bool = False


@dataclass(frozen=True, eq=False)
class Failed:
    """What went wrong: one sentence for people, and the details behind it."""

    question: Question
    sentence: str
    details: str


@dataclass(frozen=True, eq=False)
class Cancelled:
    """The question was taken back before it was answered."""

    question: Question


Outcome = Partial | Done | Failed | Cancelled
Deliver = Callable[[Outcome], None]
Post = Callable[[Callable[[], None]], None]


class Progress(Protocol):
    """What an answering function reports to; raises :class:`Cancel` when it should stop."""

    lane: str

    def __call__(self, fraction: float, answer: Any = None, text: str = "") -> None:
        """Report a share done in [0, 1], optionally with a partial answer to show."""

    def notice(self, notice: Notice) -> None:
        """Tell of something that happened on the way: the answer begins anew on the CPU."""


Answering = Callable[[Question, Any, Progress], Any]


@dataclass(eq=False)
class Ticket:
    """A question on its way; ``cancel`` takes it back."""

    question: Question
    deliver: Deliver
    lane: str
    view: str = ""
    stop: threading.Event = field(default_factory=threading.Event)
    withdraw: Callable[[Ticket], None] = lambda ticket: None

    def cancel(self) -> None:
        """Take the question back: at once while it waits, else at its next progress call."""
        self.stop.set()
        self.withdraw(self)


class Cache(Lru[Question, Any]):
    """Answers by question, bounded in bytes; what is pinned is never dropped."""

    def __init__(self, limit: int = CACHE_BYTES) -> None:
        super().__init__(limit, size_of)


def size_of(answer: Any) -> int:
    """Return the bytes of the arrays in an answer, looking into its fields."""
    if hasattr(answer, "nbytes"):
        return int(answer.nbytes)
    if isinstance(answer, Mapping):
        return sum(size_of(value) for value in answer.values())
    if isinstance(answer, list | tuple):
        return sum(size_of(value) for value in answer)
    fields = getattr(answer, "__dataclass_fields__", None)
    if fields is None:
        return 64
    return sum(size_of(getattr(answer, name)) for name in fields)


class Lane:
    """One worker thread and what waits for it."""

    def __init__(self, name: str, runner: Runner) -> None:
        self.name, self._runner = name, runner
        self._waiting: deque[Ticket] = deque()
        self._condition = threading.Condition()
        self._closed = False
        self._paused = False
        self.current: Ticket | None = None
        self._thread = threading.Thread(target=self._work, name=f"inception-{name}", daemon=True)
        self._thread.start()

    def put(self, ticket: Ticket, *, replace: bool) -> None:
        """Add a ticket; with ``replace`` it takes back those of the same view."""
        ticket.withdraw = self.withdraw
        with self._condition:
            taken = self._take_back(lambda other: other.view == ticket.view) if replace else []
            self._waiting.append(ticket)
            self._condition.notify()
        self._say_cancelled(taken)

    def empty(self, matches: Callable[[Ticket], bool] = lambda ticket: True) -> None:
        """Take back everything that matches, waiting or under way."""
        with self._condition:
            taken = self._take_back(matches)
        self._say_cancelled(taken)

    def withdraw(self, ticket: Ticket) -> None:
        """Take one ticket back."""
        self.empty(lambda other: other is ticket)

    def pause(self, paused: bool) -> None:
        """Hold the queue (what is under way waits at its next progress call)."""
        with self._condition:
            self._paused = paused
            self._condition.notify_all()

    @property
    def busy(self) -> bool:
        """Whether anything waits or is under way."""
        with self._condition:
            return self.current is not None or bool(self._waiting)

    @property
    def paused(self) -> bool:
        """Whether the queue is held."""
        return self._paused

    @property
    def waiting(self) -> tuple[Question, ...]:
        """The questions that wait."""
        with self._condition:
            return tuple(ticket.question for ticket in self._waiting)

    def close(self) -> None:
        """Take everything back and let the thread end."""
        with self._condition:
            self._closed, self._paused = True, False
            taken = self._take_back(lambda ticket: True)
            self._condition.notify_all()
        self._say_cancelled(taken)

    def join(self, timeout: float) -> bool:
        """Wait for the thread; False if it is still running then."""
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _take_back(self, matches: Callable[[Ticket], bool]) -> list[Ticket]:
        """Stop what matches and return those that waited: nobody else will speak for them."""
        if self.current is not None and matches(self.current):
            self.current.stop.set()
        taken = [ticket for ticket in self._waiting if matches(ticket)]
        for ticket in taken:
            self._waiting.remove(ticket)
            ticket.stop.set()
        return taken

    def _say_cancelled(self, taken: list[Ticket]) -> None:
        # Not under the lock: the receiver may ask the next question at once.
        for ticket in taken:
            self._runner.deliver(ticket, Cancelled(ticket.question))
        self._runner.lane_is_free()

    def _work(self) -> None:
        while True:
            with self._condition:
                self._condition.wait_for(
                    lambda: self._closed or (self._waiting and not self._paused)
                )
                if self._closed:
                    return
                self.current = self._waiting.popleft()
            try:
                self._runner.answer(self.current)
            except Exception:
                # Whoever received the outcome failed; the lane must live on to the next.
                told = threading.ExceptHookArgs((*sys.exc_info(), threading.current_thread()))
                threading.excepthook(told)
            finally:
                with self._condition:
                    self.current = None
                self._runner.lane_is_free()


class Reporter:
    """The :class:`Progress` of one ticket."""

    def __init__(self, ticket: Ticket, runner: Runner) -> None:
        self.lane = ticket.lane
        self._ticket, self._runner = ticket, runner
        self._started = time.monotonic()
        self._last = float("-inf")
        self._held: Partial | None = None

    def __call__(self, fraction: float, answer: Any = None, text: str = "") -> None:
        """Report; raises :class:`Cancel` once the question is taken back."""
        waited = self._runner.give_way(self._ticket)
        self._started += waited
        if self._ticket.stop.is_set():
            raise Cancel
        now = time.monotonic()
        left = (now - self._started) * (1 - fraction) / fraction if fraction > 0.02 else None
        self._held = Partial(self._ticket.question, fraction, left, answer, text)
        if now - self._last >= 1 / PARTIALS_PER_SECOND:
            self._last = now
            self.flush()

    def notice(self, notice: Notice) -> None:
        """Pass a notice on; what was done so far does not count for the time that is left."""
        self._started, self._held = time.monotonic(), None
        self._runner.notify(notice)

    def flush(self) -> None:
        """Deliver the newest report if it was held back: what was done by then stays known."""
        held, self._held = self._held, None
        if held is not None:
            self._runner.deliver(self._ticket, held)


class Runner:
    """Answers questions on worker threads, one a lane.

    Parameters
    ----------
    worker
        ``"module:name"`` of a callable ``make() -> (answer, lab)``; imported by the first
        lane that needs it, because it imports torch.
    post
        Called from worker threads with a callable to run where outcomes are wanted.
    cache_bytes
        Bound of the answer cache.
    """

    def __init__(
        self,
        worker: str | Callable[[], tuple[Answering, Any]] = "inception_viewer.analysis:make_worker",
        post: Post = lambda call: call(),
        cache_bytes: int = CACHE_BYTES,
    ) -> None:
        self._worker, self._post = worker, post
        self.cache = Cache(cache_bytes)
        self._made: tuple[Answering, Any] | None = None
        self._making = threading.Lock()
        self._free = threading.Condition()
        self._closed = False
        self.noticed: Callable[[Notice], None] = lambda notice: None
        """Called with each :class:`Notice`, where outcomes are delivered."""
        self.lanes = {name: Lane(name, self) for name in LANES}

    def live(self, view: str, question: Question, deliver: Deliver) -> Ticket:
        """Ask for what ``view`` looks at; an older question of that view is taken back.

        An answer in the cache is delivered before this returns.
        """
        ticket = Ticket(question, deliver, "live", view)
        lane = self.lanes["live"]
        answer = self.cache.get(question)
        if self._closed:
            ticket.stop.set()
        elif answer is not None:
            lane.empty(lambda other: other.view == view)
            deliver(Done(question, answer, cached=True))
        else:
            lane.put(ticket, replace=True)
        return ticket

    def submit(
        self, question: Question, deliver: Deliver, view: str = "", lane: str = "jobs"
    ) -> Ticket:
        """Queue a job or a download; an answer in the cache is delivered before this returns."""
        ticket = Ticket(question, deliver, lane, view)
        answer = self.cache.get(question)
        if self._closed:
            ticket.stop.set()
        elif answer is not None:
            deliver(Done(question, answer, cached=True))
        else:
            self.lanes[lane].put(ticket, replace=False)
        return ticket

    def empty(self) -> None:
        """Take back every job."""
        self.lanes["jobs"].empty()

    def pause(self, paused: bool) -> None:
        """Hold or release the jobs."""
        self.lanes["jobs"].pause(paused)
        self.lane_is_free()

    def close(self, timeout: float = 5.0) -> bool:
        """Take everything back and end the threads; False if one did not end in time."""
        self._closed = True
        for lane in self.lanes.values():
            lane.close()
        self.lane_is_free()
        deadline = time.monotonic() + timeout
        ended = [lane.join(max(0.1, deadline - time.monotonic())) for lane in self.lanes.values()]
        return all(ended)

    # What the lanes call, on their threads.

    def answer(self, ticket: Ticket) -> None:
        """Answer one ticket and deliver what became of it."""
        question, reporter = ticket.question, Reporter(ticket, self)
        try:
            outcome = self._answered(ticket, reporter)
        except Cancel:
            reporter.flush()
            outcome = Cancelled(question)
        except Exception as error:
            reporter.flush()
            outcome = Failed(question, sentence_of(error), traceback.format_exc())
        self.deliver(ticket, outcome)

    def _answered(self, ticket: Ticket, reporter: Reporter) -> Outcome:
        question = ticket.question
        if ticket.stop.is_set():
            raise Cancel
        known = self.cache.get(question)  # the other lane may have answered it meanwhile
        if known is not None:
            return Done(question, known, cached=True)
        answering, lab = self._make()
        answer = answering(question, lab, reporter)
        if question.cached:
            self.cache.put(question, answer)
        if ticket.stop.is_set():  # too late to save the work, so it is kept; but not wanted
            raise Cancel
        return Done(question, answer)

    def deliver(self, ticket: Ticket, outcome: Outcome) -> None:
        """Post an outcome to where it is wanted, unless the runner is closed."""
        if not self._closed:
            self._post(lambda: ticket.deliver(outcome))

    def notify(self, notice: Notice) -> None:
        """Post a notice to whoever shows what networks run on."""
        if not self._closed:
            self._post(lambda: self.noticed(notice))

    def give_way(self, ticket: Ticket) -> float:
        """Hold a job while the live lane is busy or jobs are paused; return the seconds waited."""
        if ticket.lane != "jobs":
            return 0.0
        live, jobs = self.lanes["live"], self.lanes["jobs"]
        started = time.monotonic()
        with self._free:
            while (live.busy or jobs.paused) and not ticket.stop.is_set() and not self._closed:
                self._free.wait(0.05)
        return time.monotonic() - started

    def lane_is_free(self) -> None:
        """Wake jobs that gave way."""
        with self._free:
            self._free.notify_all()

    def _make(self) -> tuple[Answering, Any]:
        with self._making:
            if self._made is None:
                worker = self._worker
                if isinstance(worker, str):
                    module, _, name = worker.partition(":")
                    worker = getattr(importlib.import_module(module), name)
                self._made = worker()
            return self._made


MEMORY = ("out of memory", "can't allocate memory", "not enough memory", "status_alloc_failed")
"""What torch's errors say when memory is full: a GPU's, and the computer's own."""


def is_out_of_memory(error: Exception) -> bool:
    """Whether an error says that there was not enough memory."""
    text = str(error).lower()
    return isinstance(error, MemoryError) or any(words in text for words in MEMORY)


def sentence_of(error: Exception) -> str:
    """Return one sentence for people.

    Our own errors speak for themselves; anything unforeseen says what kind it is.
    """
    text = " ".join(str(error).split())
    if is_out_of_memory(error):
        return "There is not enough memory for this; close other programs or use a smaller input."
    if getattr(error, "for_people", False) and text:
        return text
    if isinstance(error, ModuleNotFoundError):
        return f"The package “{error.name}” is missing; install it with: python -m pip install -e ."
    if isinstance(error, ImportError) and "torchvision::nms" in text:
        return "torch and torchvision do not fit each other; the README says how to get a pair."
    return f"Something unforeseen went wrong: {text or type(error).__name__}"
