"""Which classes the predictions view lists, and in what words; no Qt here."""

from __future__ import annotations

import csv
import io
import math

import numpy as np

from ...questions import Predictions
from ..head_words import WORDS

HEADS = ("aux1", "aux2", "main")
NARROW = "\N{NO-BREAK SPACE}"
"""Between a number and its sign, so that a line never breaks there."""
VOTING = ("trained", "fitted", "unknown")
"""States of a head whose answer means something."""


def voting_heads(predictions: Predictions) -> tuple[str, ...]:
    """Return the heads that are there and not known to be untrained, in order of depth."""
    return tuple(
        head
        for head in HEADS
        if head in predictions.probabilities and predictions.heads.get(head) in VOTING
    )


def deepest_head(predictions: Predictions) -> str:
    """Return ``main``, or the deepest head that there is; trained ones come first."""
    there = [head for head in HEADS if head in predictions.probabilities]
    return (voting_heads(predictions) or tuple(there))[-1]


def top_rows(
    predictions: Predictions, count: int, untouched: Predictions | None = None
) -> list[int]:
    """Return the classes worth a row, by the deepest head's probability.

    The union of the voting heads' top ``k``, with the largest ``k`` for which it fits
    into ``count`` rows (but each head's first always), filled up with the deepest
    head's next ones. Untrained heads choose no row: theirs would be noise. What each head put
    first before the picture was painted over or the network touched (``untouched``) is listed, too.
    """
    deepest = deepest_head(predictions)
    order = _ranked(predictions, deepest)
    ranks = [_ranked(predictions, head) for head in voting_heads(predictions)] or [order]
    chosen = {int(rank[0]) for rank in ranks} | _firsts(untouched)
    for k in range(2, count + 1):
        union = {int(index) for rank in ranks for index in rank[:k]} | _firsts(untouched)
        if len(union) > count:
            break
        chosen = union
    for index in order:
        if len(chosen) >= count:
            break
        chosen.add(int(index))
    return [int(index) for index in order if int(index) in chosen]


def found_rows(predictions: Predictions, text: str) -> list[int]:
    """Return the classes whose name holds every word of ``text``, likeliest first."""
    words = _plain(text).split()
    order = _ranked(predictions, deepest_head(predictions))
    names = [_plain(name) for name in predictions.classes]
    return [int(i) for i in order if all(word in names[i] for word in words)]


def winners(predictions: Predictions) -> dict[str, int]:
    """Return each present head's top class."""
    return {head: int(np.argmax(v)) for head, v in predictions.probabilities.items()}


def percent(probability: float) -> str:
    """Return a probability with a digit after the point; never rounded to 0 or 100 %."""
    if not math.isfinite(probability):
        return "not a number"
    share = 100 * probability
    if 0 < share < 0.05:
        return "<0.1 %"
    if 99.95 <= share < 100:
        return ">99.9 %"
    return f"{share:.1f} %"


def short_percent(probability: float) -> str:
    """Return a probability as people say it: ``"97 %"``, ``"<1 %"``."""
    share = 100 * probability
    if 0 < share < 0.5:
        return f"<1{NARROW}%"
    return f">99{NARROW}%" if 99.5 <= share < 100 else f"{share:.0f}{NARROW}%"


def number(value: float) -> str:
    """Return a logit with a true minus sign, two digits after the point."""
    return f"{value:.2f}".replace("-", "\N{MINUS SIGN}")


def changed(difference: float, *, logit: bool = False) -> str:
    """Return a difference with its sign: ``"+3.2 pp"`` of probabilities, ``"−0.41"`` of logits."""
    said = f"{difference:+.2f}" if logit else f"{100 * difference:+.1f} pp"
    return said.replace("-", "\N{MINUS SIGN}").replace(" ", NARROW)


def verdict(predictions: Predictions) -> str:
    """Return one sentence: what each head says, those that agree together."""
    heads = voting_heads(predictions)
    if not heads:
        return "No head of this network was trained: the bars below are noise."
    says: dict[int, list[str]] = {}
    for head in heads:
        says.setdefault(int(np.argmax(predictions.probabilities[head])), []).append(head)
    parts = [_claim(predictions, index, group) for index, group in says.items()]
    sentence = ", ".join(parts) + _silent_heads(predictions, heads)
    return f"{sentence}."


def row_text(
    predictions: Predictions,
    index: int,
    untouched: Predictions | None = None,
    before: str = "before painting",
) -> str:
    """Return a class with all its values in words, for screen readers and tool tips.

    ``untouched`` is what was said ``before``, which is ``"before painting"`` or the like.
    """
    parts = [f"{predictions.classes[index]} (class {index})"]
    for head in HEADS:
        if head not in predictions.probabilities:
            parts.append(f"{head} absent")
            continue
        value = f"{100 * float(predictions.probabilities[head][index]):.4g} %"
        logit = number(float(predictions.logits[head][index]))
        was = _before(untouched, head, index, before)
        parts.append(f"{_titled(predictions, head)} {value}, logit {logit}{was}")
    return "; ".join(parts)


def _before(untouched: Predictions | None, head: str, index: int, before: str) -> str:
    if untouched is None or head not in untouched.probabilities:
        return ""
    value = f"{100 * float(untouched.probabilities[head][index]):.4g} %"
    return f" ({before} {value}, logit {number(float(untouched.logits[head][index]))})"


def _firsts(predictions: Predictions | None) -> set[int]:
    """Return the class that each voting head puts first."""
    if predictions is None:
        return set()
    return {int(np.argmax(predictions.probabilities[h])) for h in voting_heads(predictions)}


def as_text(
    predictions: Predictions,
    rows: list[int],
    untouched: Predictions | None = None,
    before: str = "",
) -> str:
    """Return rows as tab-separated lines with a heading, for the clipboard.

    Where something was done to photo or network, what was said ``before`` stands beside.
    """
    heads = [head for head in HEADS if head in predictions.probabilities]
    titles = ["class", *(_titled(predictions, head) for head in heads)]
    answers = [predictions]
    if untouched is not None:
        titles += [f"{_titled(predictions, head)} {before}" for head in heads]
        answers.append(untouched)
    lines = ["\t".join(titles)]
    for index in rows:
        values = [
            f"{100 * float(one.probabilities[h][index]):.4g} %" for one in answers for h in heads
        ]
        lines.append("\t".join([predictions.classes[index], *values]))
    return "\n".join(lines) + "\n"


def as_csv(
    predictions: Predictions,
    rows: list[int],
    untouched: Predictions | None = None,
    done: str = "",
) -> str:
    """Return rows as CSV: index, class, then each head's probability and logit in full.

    Where something was done to photo or network, the same from before it follows, and then
    what was ``done``.
    """
    heads = [head for head in HEADS if head in predictions.probabilities]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    marks = {
        head: f"_{state}"
        for head, state in predictions.heads.items()
        if state in ("untrained", "fitted")
    }
    titles = [
        f"{head}{marks.get(head, '')}_{kind}" for head in heads for kind in ("probability", "logit")
    ]
    answers = [predictions]
    if untouched is not None:
        answers.append(untouched)
        titles += [f"{title}_before" for title in titles]
    writer.writerow(["index", "class", *titles, *(["done"] if done else [])])
    for index in rows:
        values = [
            repr(float(table[head][index]))
            for answer in answers
            for head in heads
            for table in (answer.probabilities, answer.logits)
        ]
        writer.writerow([index, predictions.classes[index], *values, *([done] if done else [])])
    return out.getvalue()


def _titled(predictions: Predictions, head: str) -> str:
    state = predictions.heads.get(head, "unknown")
    return f"{head} ({WORDS[state]})" if state in ("untrained", "fitted") else head


def _ranked(predictions: Predictions, head: str) -> np.ndarray:
    return np.argsort(-predictions.probabilities[head], kind="stable")


def _plain(text: str) -> str:
    return text.casefold().replace("_", " ")


def _silent_heads(predictions: Predictions, voting: tuple[str, ...]) -> str:
    """Return which heads have no say, as the end of a sentence."""
    silent: dict[str, list[str]] = {}
    for head in HEADS:
        if head not in voting:
            there = head in predictions.probabilities
            silent.setdefault("untrained" if there else "absent", []).append(head)
    ends = [
        f"{' and '.join(group)} {'are' if len(group) > 1 else 'is'} {state}"
        for state, group in silent.items()
    ]
    return "".join(f"; {end}" for end in ends)


def _claim(predictions: Predictions, index: int, heads: list[str]) -> str:
    names = " and ".join([", ".join(heads[:-1]), heads[-1]] if len(heads) > 1 else heads)
    shares = [short_percent(float(predictions.probabilities[h][index])) for h in heads]
    verb = "say" if len(heads) > 1 else "says"
    return f"{names} {verb} {predictions.classes[index]} ({', '.join(shares)})"
