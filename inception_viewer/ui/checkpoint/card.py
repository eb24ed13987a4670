"""What the card says and in which part of it; the words are the command line's; no Qt here."""

from __future__ import annotations

import json
from collections.abc import Mapping

from ...questions import CheckpointInfo
from ...verdict_questions import Suggestion, Sureness, Verdict
from ...verdict_words import Line, as_json, lines

Blocks = Mapping[str, tuple[str, ...]]
"""What is said under each label, in the order of the command line."""

TITLE, WARNINGS, INPUT, SAMPLES = "Verdict", "Warnings", "Input", "Samples"
KNOWN, HEAD, SHA = "Known file", "Head ", "SHA-256"
OF_THE_FILE = ("Recognised by", SHA)
NOTHING = ("none",)
"""What stands under "Warnings" where there are none."""


def blocks_of(said: tuple[Line, ...]) -> dict[str, tuple[str, ...]]:
    """Gather lines under their labels; a line without one belongs to the label above."""
    found: dict[str, tuple[str, ...]] = {}
    label = ""
    for name, value in said:
        label = name or label
        found[label] = (*found.get(label, ()), value)
    return found


def blocks(info: CheckpointInfo, verdict: Verdict | None) -> dict[str, tuple[str, ...]]:
    """Return what there is to say; without a verdict, what the checkpoint says of itself."""
    if verdict is not None:
        return blocks_of(lines(verdict))
    heads = {f"{HEAD}{head}": (str(state),) for head, state in info.heads.items()}
    return {
        TITLE: (info.verdict,),
        "Classes": (f"{len(info.classes):,}",),
        **heads,
        "Parameters": (f"{info.parameters:,}",),
        WARNINGS: info.warnings or NOTHING,
    }


def network_rows(said: Blocks) -> list[Line]:
    """Return the lines about the network itself: all that have no part of their own."""
    apart = (TITLE, KNOWN, INPUT, SAMPLES, *OF_THE_FILE)
    rows = [
        (label, "\n".join(values))
        for label, values in said.items()
        if label not in apart and not label.startswith(HEAD)
    ]
    # Warnings stand above everything else, but that there are none is said here.
    return [row for row in rows if row[0] != WARNINGS or (row[1],) == NOTHING]


def file_rows(said: Blocks, info: CheckpointInfo) -> list[Line]:
    """Return the lines about the file, but for its hash."""
    rows = [("File", info.source)]
    if KNOWN in said:
        rows.append((KNOWN, "\n".join(said[KNOWN])))
    rows += [(label, "\n".join(said[label])) for label in OF_THE_FILE[:1] if label in said]
    return [*rows, ("Fingerprint", f"{info.fingerprint[:12]}…")]


def json_text(verdict: Verdict) -> str:
    """Return the verdict as the command line prints it with ``--json``."""
    return json.dumps(as_json(verdict), indent=2, ensure_ascii=False, allow_nan=False)


def tag(one: Sureness, suggestion: Suggestion) -> str:
    """Return what a convention is here: ``"in use"``, ``"better"`` or ``""``."""
    if one == suggestion.own:
        return "in use"
    return "better" if one == suggestion.better else ""


def short_name(one: Sureness, suggestion: Suggestion) -> str:
    """Return a convention's name without the size and crop that it shares with the one in use."""
    _, _, cut = suggestion.own.convention.name.partition("; ")
    name = one.convention.name
    return name.replace(f"; {cut}", "") if cut and one != suggestion.own else name


def figures(one: Sureness) -> str:
    """Return what the answers are like under a convention, in short."""
    return f"{one.information:.2f} nats, top {one.top:.0%}"


def notice(suggestion: Suggestion) -> str:
    """Return one sentence for the window's notice; the card has the figures."""
    if suggestion.better is None:
        return ""
    name = short_name(suggestion.better, suggestion)
    return f"{suggestion.photos} sample photos speak for another input: {name}."
