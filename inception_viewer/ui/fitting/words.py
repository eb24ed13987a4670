"""What the dialog that fits heads says; no Qt here."""

from __future__ import annotations

from pathlib import Path

from ...fitted import fitted_phrase
from ...folder_questions import FitPlan, FittedHeads, HeadFit, Share
from ...questions import CheckpointInfo
from ..progress import done_text, is_ending, left_text

AUXILIARY = ("aux1", "aux2")
PROGRAM_BYTES = 1.0e9
"""What the program that fits needs besides the features: PyTorch, the network, the training."""
ABOUT = (
    "Each photo goes once through the network, which stays as it is; the two auxiliary heads then"
    " learn from what came out at 4a and 4d. The open checkpoint is not changed: a new file gets"
    " the heads."
)
LEARNED = {
    "main": "The heads learn what the main head answers.",
    "labels": "The heads learn what the main head answers, and the folders' names.",
}
PERCENT = "\N{NO-BREAK SPACE}%"
MANY = 3
"""Folders that a sentence names."""


def heads_notice(info: CheckpointInfo) -> str:
    """Return what the auxiliary heads of a checkpoint are, and what becomes of them."""
    said = []
    for state in dict.fromkeys(info.heads.get(head, "absent") for head in AUXILIARY):
        heads = [head for head in AUXILIARY if info.heads.get(head, "absent") == state]
        said.append(_notice(state, heads, info))
    if info.heads.get("main") == "untrained":
        said.append("Its main head was never trained: there is nothing to be learned from it.")
    return " ".join(said)


def _notice(state: str, heads: list[str], info: CheckpointInfo) -> str:
    both = len(heads) == 2
    who = "Its auxiliary heads" if both else f"Its head {heads[0]}"
    them, are, were = ("them", "are", "were") if both else ("it", "is", "was")
    here = fitted_phrase(info.metadata) or "fitted here"
    sentences = {
        "absent": "It has no auxiliary heads: they are made new."
        if both
        else f"It has no head {heads[0]}: it is made new.",
        "untrained": f"{who} {were} never trained: new ones take their place."
        if both
        else f"{who} was never trained: a new one takes its place.",
        "trained": f"{who} {are} trained already; the new file would have others for {them}.",
        "fitted": f"{who} {were} {here} already; the new file would have others for {them}.",
    }
    return sentences.get(state, f"Whether {who[0].lower()}{who[1:]} {were} trained is not known.")


def must_agree(info: CheckpointInfo) -> bool:
    """Whether a head that means something would be replaced, so that somebody has to agree."""
    return any(info.heads.get(head) in ("trained", "fitted") for head in AUXILIARY)


def plan_text(plan: FitPlan, device: str) -> str:
    """Return what fitting would take, in sentences."""
    apart = plan.used - plan.validation
    drawn = "all" if plan.used == plan.found else f"{plan.used:,}"
    found = f"{plan.found:,} photos found; {drawn} are used: {apart:,} to fit to"
    sentences = [f"{found}, {plan.validation:,} kept apart.", LEARNED[plan.targets]]
    if plan.left_out and plan.labelled:
        sentences.append(f"Left out, because no class is named so: {_folders(plan)}.")
    elif plan.left_out:
        sentences.append(f"Not every folder is named like a class: {_folders(plan)}.")
    memory = plan.feature_bytes / 1e9
    where = f" on the {device.upper()}" if device else ""
    sentences.append(
        f"That takes about {about(plan.seconds)}{where} and {memory + PROGRAM_BYTES / 1e9:.1f} GB"
        f" of memory, {max(memory, 0.01):.2f} GB of it for what the heads read."
    )
    return " ".join(sentences)


def _folders(plan: FitPlan) -> str:
    names = [f"“{left.name}”" if left.name else "loose photos" for left in plan.left_out]
    more = len(names) - MANY
    return ", ".join(names[:MANY]) + (f" and {more} more" if more > 0 else "")


def about(seconds: float) -> str:
    """Return a rough duration: ``"50 s"``, ``"4 min"``, ``"2.5 h"``."""
    if seconds < 95:
        return f"{max(5, 5 * round(seconds / 5))} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def progress(fraction: float | None, left: float | None, text: str) -> str:
    """Return the line below the bar: ``"epoch 3 of 40, loss 3.21; 38 %, 20 s left"``."""
    if fraction is None:
        return f"{text}…"
    remaining = "" if is_ending(fraction) else left_text(left)
    return "; ".join(
        filter(None, (text, ", ".join(filter(None, (done_text(fraction), remaining)))))
    )


def percent(share: Share | None) -> str:
    """Return a share as people say it, ``"–"`` where there is none."""
    return "–" if share is None or not share.of else f"{100 * share.value:.0f}{PERCENT}"


def change(before: Share | None, after: Share) -> str:
    """Return ``"1 % → 87 %"``; ``"new → 87 %"`` of a head that there was not."""
    return f"{'new' if before is None else percent(before)} → {percent(after)}"


def interval(share: Share) -> str:
    """Return ``"81 to 92 %"``: where the true share lies 95 times in 100."""
    low, high = share.interval
    return f"{100 * low:.0f} to {100 * high:.0f}{PERCENT}"


def beside(head: HeadFit) -> str:
    """Return how sure the agreement is, and what chance gives."""
    return f"95{PERCENT} interval {interval(head.after)}; chance {percent(head.chance)}"


def accuracy(head: HeadFit) -> str:
    """Return how often the photo's own class is named, or ``""`` where that is not known."""
    if head.accuracy is None:
        return ""
    shares = change(head.accuracy_before, head.accuracy)
    return f"names the photo's own class: {shares}, interval {interval(head.accuracy)}"


def row(head: HeadFit) -> str:
    """Return all of that in a line."""
    said = (f"{head.head}: {change(head.before, head.after)}", beside(head), accuracy(head))
    return "; ".join(filter(None, said))


def spoken(answer: FittedHeads) -> str:
    """Return the agreement of both heads for a screen reader."""
    return "\n".join(f"{row(head)}." for head in answer.heads.values())


def result(answer: FittedHeads) -> list[str]:
    """Return what came of it, a sentence at a time."""
    sentences = [head.sentence.replace("%", PERCENT) for head in answer.heads.values()]
    if answer.unreadable_count:
        many = answer.unreadable_count
        sentences.append(f"{many:,} photo{'s' if many > 1 else ''} could not be read.")
    took = f"in {about(answer.seconds)}" if answer.seconds >= 95 else f"in {answer.seconds:.0f} s"
    if answer.path:
        kept = [name for name, head in answer.heads.items() if head.fitted]
        verb = "were" if len(kept) > 1 else "was"
        here = fitted_phrase(answer.metadata)
        saved = f"Saved as {Path(answer.path).name} in {Path(answer.path).parent}."
        sentences.append(f"{' and '.join(kept)} {verb} {here} {took}. {saved}")
    else:
        sentences.append(f"No head was fitted, and nothing was written; it took {took[3:]}.")
    return sentences


def unreadable(answer: FittedHeads) -> str:
    """Return the photos that could not be read, one a line."""
    lines = [f"{path}: {why}" for path, why in answer.unreadable]
    more = answer.unreadable_count - len(lines)
    return "\n".join(lines + ([f"and {more:,} more"] if more > 0 else []))
