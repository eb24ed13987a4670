"""A pickle read as data: what it would have made, without making anything.

A pickle is a program for a small stack machine that may call any function of Python. This
machine calls none: where a pickle names a class or function there is a :class:`Name`, where
it calls one a :class:`Made` that remembers name and arguments. Whoever knows the names that
matter (a tensor, an ordered dictionary) reads them off these values; all others are inert.

Every length is checked against the bytes that are there, and the count of steps is
bounded. Nothing here recurses, and nothing is hashed but numbers and text. Opcodes are
those of CPython's ``pickletools``, protocols 2 to 5, but for the ones that only older or
persistent-free pickles have.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

from inception_viewer.errors import CheckpointError

MOST_STEPS = 1_000_000
"""A checkpoint of GoogLeNet has 20,000; with an optimizer's state 60,000."""

LONGEST_TEXT = 1 << 16
"""Characters of a string; names have under 100. Longer ones are left where they are."""

LONGEST_LINE = 300
"""Bytes of a module's or a class's name."""

LONGEST_NUMBER = 255
"""Bytes of an integer."""


@dataclass(frozen=True, slots=True)
class Name:
    """A class or function that a pickle names."""

    module: str
    name: str

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"


@dataclass(eq=False, slots=True, repr=False)
class Made:
    """What calling a name would have given.

    Attributes
    ----------
    by
        Usually a :class:`Name`; in a strange file anything.
    args
        What it would have been called with.
    state
        What it would have been set up with afterwards.
    items
        Where it is filled like a dictionary, what with.
    """

    by: Any
    args: Any
    state: Any = None
    items: dict[Any, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class Persistent:
    """Something outside the pickle, by whatever identifies it."""

    identity: Any


class _Omitted:
    """Stands for what nobody asks for: long strings, bytes, sets."""


OMITTED = _Omitted()
_ORDERED = Name("collections", "OrderedDict")


def damaged(what: str = "") -> CheckpointError:
    """Return the error for a pickle that cannot be."""
    return CheckpointError(
        f"The file is damaged or was not saved by torch.save{f' ({what})' if what else ''}."
    )


def read_pickle(data: bytes | memoryview, start: int = 0) -> tuple[Any, int]:
    """Read the pickle that begins at ``start``; return its value and where it ends.

    The value consists of None, bool, int, float, str, tuple, list, dict, :class:`Name`,
    :class:`Made`, :class:`Persistent` and :data:`OMITTED`. Dictionaries (ordered ones
    too) have only those of their items whose key is text or a number.

    Raises
    ------
    CheckpointError
        If the bytes are no pickle, end too early, have a key twice or take too many steps.
    """
    machine = _Machine(memoryview(data), start)
    try:
        value = machine.run()
    except (IndexError, TypeError, KeyError, ValueError, struct.error):
        raise damaged() from None
    return value, machine.at


class _Machine:
    """The stack machine; each opcode is a method below, found in :attr:`OPCODES`."""

    OPCODES: ClassVar[dict[int, Callable[[_Machine], None]]] = {}

    def __init__(self, data: memoryview, start: int) -> None:
        self.data, self.at = data, start
        self.stack: list[Any] = []
        self.marks: list[int] = []
        self.memo: dict[int, Any] = {}

    def run(self) -> Any:
        data, opcodes = self.data, self.OPCODES
        for _ in range(MOST_STEPS):
            code = data[self.at]
            self.at += 1
            if code == 0x2E:  # STOP
                return self.stack[-1]
            step = opcodes.get(code)
            if step is None:
                raise damaged(f"byte {self.at - 1} is no step of its pickle")
            step(self)
        raise CheckpointError("The file is damaged: it holds far more objects than a checkpoint.")

    # --- bytes ---

    def take(self, count: int) -> memoryview:
        end = self.at + count
        if count < 0 or end > len(self.data):
            raise CheckpointError("The file is cut short; download or copy it again.")
        piece = self.data[self.at : end]
        self.at = end
        return piece

    def number(self, form: str) -> int:
        value: int = struct.unpack_from(form, self.data, self.at)[0]
        self.at += struct.calcsize(form)
        return value

    def line(self) -> str:
        """Return text up to a line break."""
        piece = bytes(self.data[self.at : self.at + LONGEST_LINE])
        end = piece.index(b"\n")
        self.at += end + 1
        return piece[:end].decode("utf-8")

    # --- the stack ---

    def pop(self) -> Any:
        if self.marks and len(self.stack) <= self.marks[-1]:
            raise IndexError
        return self.stack.pop()

    def top(self) -> Any:
        if self.marks and len(self.stack) <= self.marks[-1]:
            raise IndexError
        return self.stack[-1]

    def pop_marked(self) -> list[Any]:
        mark = self.marks.pop()
        taken = self.stack[mark:]
        del self.stack[mark:]
        return taken

    def push_text(self, count: int) -> None:
        piece = self.take(count)
        short = count <= LONGEST_TEXT
        self.stack.append(str(piece, "utf-8", "replace") if short else OMITTED)

    def push_bytes(self, count: int) -> None:
        self.take(count)
        self.stack.append(OMITTED)

    def push_integer(self, count: int) -> None:
        piece = self.take(count)
        small = count <= LONGEST_NUMBER
        self.stack.append(int.from_bytes(piece, "little", signed=True) if small else OMITTED)

    def push_tuple(self, count: int) -> None:
        self.stack.append(tuple([self.pop() for _ in range(count)][::-1]))

    def put(self, place: int) -> None:
        self.memo[place] = self.top()

    # --- dictionaries and lists ---

    def fill(self, items: list[Any]) -> None:
        """Add keys and values to the dictionary on top."""
        target = self.top()
        into = target.items if isinstance(target, Made) else target
        if not isinstance(into, dict) or len(items) % 2:
            raise TypeError
        for key, value in zip(items[::2], items[1::2], strict=True):
            if isinstance(key, str):
                if key in into:
                    raise CheckpointError(f"The file is damaged: “{key[:100]}” is in it twice.")
                into[key] = value
            elif isinstance(key, int | float):
                into[key] = value

    def extend(self, items: list[Any]) -> None:
        target = self.top()
        if isinstance(target, list):
            target.extend(items)
        elif not isinstance(target, Made):
            raise TypeError

    # --- names and calls ---

    def push_name(self, module: Any, name: Any) -> None:
        if not (isinstance(module, str) and isinstance(name, str)):
            raise TypeError
        self.stack.append(Name(module, name))

    def call(self) -> None:
        args, by = self.pop(), self.pop()
        self.stack.append({} if by == _ORDERED and args == () else Made(by, args))

    def call_with_names(self) -> None:
        self.pop()
        self.call()

    def build(self) -> None:
        state, target = self.pop(), self.top()
        if isinstance(target, Made):
            target.state = state

    def push_global(self) -> None:
        module = self.line()
        self.push_name(module, self.line())

    def push_stack_global(self) -> None:
        name, module = self.pop(), self.pop()
        self.push_name(module, name)

    def persistent(self) -> None:
        self.stack.append(Persistent(self.pop()))

    def ignore_set_items(self) -> None:
        self.pop_marked()
        self.top()

    def frozen_set(self) -> None:
        self.pop_marked()
        self.stack.append(OMITTED)

    def set_item(self) -> None:
        value, key = self.pop(), self.pop()
        self.fill([key, value])


def _push(make: Callable[[_Machine], Any]) -> Callable[[_Machine], None]:
    return lambda machine: machine.stack.append(make(machine))


_Machine.OPCODES.update(
    {
        0x80: lambda m: void(m.take(1)),  # PROTO
        0x95: lambda m: void(m.take(8)),  # FRAME
        ord("("): lambda m: m.marks.append(len(m.stack)),
        ord("0"): lambda m: void(m.pop()),
        ord("1"): lambda m: void(m.pop_marked()),
        ord("2"): _push(lambda m: m.top()),
        ord("N"): _push(lambda m: None),
        0x88: _push(lambda m: True),
        0x89: _push(lambda m: False),
        ord("J"): _push(lambda m: m.number("<i")),
        ord("K"): _push(lambda m: m.number("<B")),
        ord("M"): _push(lambda m: m.number("<H")),
        0x8A: lambda m: m.push_integer(m.number("<B")),
        0x8B: lambda m: m.push_integer(m.number("<i")),
        ord("G"): _push(lambda m: struct.unpack(">d", m.take(8))[0]),
        ord("U"): lambda m: m.push_text(m.number("<B")),
        ord("T"): lambda m: m.push_text(m.number("<i")),
        0x8C: lambda m: m.push_text(m.number("<B")),
        ord("X"): lambda m: m.push_text(m.number("<I")),
        0x8D: lambda m: m.push_text(m.number("<Q")),
        ord("C"): lambda m: m.push_bytes(m.number("<B")),
        ord("B"): lambda m: m.push_bytes(m.number("<I")),
        0x8E: lambda m: m.push_bytes(m.number("<Q")),
        0x96: lambda m: m.push_bytes(m.number("<Q")),
        ord(")"): _push(lambda m: ()),
        ord("t"): lambda m: m.stack.append(tuple(m.pop_marked())),
        0x85: lambda m: m.push_tuple(1),
        0x86: lambda m: m.push_tuple(2),
        0x87: lambda m: m.push_tuple(3),
        ord("]"): _push(lambda m: []),
        ord("l"): lambda m: m.stack.append(m.pop_marked()),
        ord("a"): lambda m: m.extend([m.pop()]),
        ord("e"): lambda m: m.extend(m.pop_marked()),
        ord("}"): _push(lambda m: {}),
        ord("s"): lambda m: m.set_item(),
        ord("u"): lambda m: m.fill(m.pop_marked()),
        0x8F: _push(lambda m: OMITTED),  # EMPTY_SET
        0x90: lambda m: m.ignore_set_items(),
        0x91: lambda m: m.frozen_set(),
        ord("c"): lambda m: m.push_global(),
        0x93: lambda m: m.push_stack_global(),
        ord("R"): lambda m: m.call(),
        0x81: lambda m: m.call(),  # NEWOBJ
        0x92: lambda m: m.call_with_names(),  # NEWOBJ_EX
        ord("b"): lambda m: m.build(),
        ord("Q"): lambda m: m.persistent(),
        ord("q"): lambda m: m.put(m.number("<B")),
        ord("r"): lambda m: m.put(m.number("<I")),
        0x94: lambda m: m.put(len(m.memo)),
        ord("h"): _push(lambda m: m.memo[m.number("<B")]),
        ord("j"): _push(lambda m: m.memo[m.number("<I")]),
    }
)


def void(_: object) -> None:
    """Drop a value."""
