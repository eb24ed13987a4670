"""Copy as Python: lines that give the numbers of a view in a notebook."""

from __future__ import annotations

from collections.abc import Mapping

from ..questions import Attribution, CheckpointInfo, ImageInfo, MapsAnswer
from ..session import State

PASTED = "pasted.png"
"""Stands for a photo that came without a file."""


def network_lines(checkpoint: CheckpointInfo, device: str = "cpu") -> list[str]:
    """Return the lines that load a checkpoint."""
    source = checkpoint.source or checkpoint.name
    options = "" if device == "cpu" else f", device={device!r}"
    return [
        "import inception_viewer as iv",
        "",
        f"net = iv.load({source!r}{options})",
        f"assert net.fingerprint == {checkpoint.fingerprint!r}",
    ]


def photo_lines(image: ImageInfo) -> list[str]:
    """Return the line that names the photo."""
    if image.source:
        return [f"photo = {image.source!r}"]
    return [f"photo = {PASTED!r}  # pasted: save the picture under this name first"]


def opening_lines(state: State) -> list[str]:
    """Return the lines that load the open network and name the open photo."""
    checkpoint, image = state.open_checkpoint, state.open_image
    assert checkpoint is not None
    assert image is not None
    device = state.machine.device if state.machine else "cpu"
    return [*network_lines(checkpoint, device), *photo_lines(image)]


def trace(state: State) -> str:
    """Return lines that run the network once and list its units."""
    return _text(
        opening_lines(state),
        ["trace = net.trace(photo)", "trace.names  # every unit; trace[name] is its activation"],
    )


def maps(state: State, answer: MapsAnswer) -> str:
    """Return lines that give the feature maps on screen."""
    if not answer.groups:
        return trace(state)
    lines = ["trace = net.trace(photo)"]
    lines += [f"{_variable(group.unit)} = trace[{group.unit!r}]" for group in answer.groups]
    if state.channel is not None:
        unit, channel = state.channel
        lines.append(f"channel = trace[{unit!r}][{channel}]")
    return _text(opening_lines(state), lines)


def channel(state: State, unit: str, index: int) -> str:
    """Return lines that give the inspector's channel, its figures and its histogram's values."""
    lines = [
        "trace = net.trace(photo)",
        "picture = trace.picture  # what the network sees",
        f"channel = trace[{unit!r}][{index}]",
        "maximum, mean, active = channel.max(), channel.mean(), (channel > 0).mean()",
        "values = channel.ravel()  # those above zero are the histogram's",
    ]
    return _text(opening_lines(state), lines)


def predictions(state: State, heads: Mapping[str, object]) -> str:
    """Return lines that give the heads' answers on screen."""
    lines = ["trace = net.trace(photo)"]
    lines += [f"{head} = trace.top({head!r}, 5)" for head in heads]
    lines += [f"{head}_logits = trace.logits[{head!r}]" for head in heads]
    return _text(opening_lines(state), lines)


def attribution(state: State, question: Attribution) -> str:
    """Return lines that compute the attribution on screen."""
    words = [f"method={question.method!r}", f"head={question.head!r}", f"target={question.target}"]
    if question.unit is not None:
        words.append(f"unit={question.unit!r}")
    words += [f"{name}={value!r}" for name, value in question.parameters]
    lines = [f"result = iv.attribute(net, photo, {', '.join(words)})", "result.map"]
    return _text(opening_lines(state), lines)


def _variable(unit: str) -> str:
    name = unit.replace("/", "_")
    return name if name.isidentifier() else f"unit_{name}"


def _text(*parts: list[str]) -> str:
    return "\n".join("\n".join(part) for part in parts) + "\n"
