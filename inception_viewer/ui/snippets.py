"""Copy as Python: lines that give the numbers of a view in a notebook."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace

from ..checkpoint_questions import title_of
from ..concept_questions import ConceptAnswer
from ..edit_questions import Brush, Edit
from ..folder_questions import EvaluationAnswer
from ..index_questions import MOST, TopPhotosAnswer
from ..intervention_questions import BranchImportance, DecisiveChannels, Intervention
from ..questions import Attribution, CheckpointInfo, ImageInfo, MapsAnswer, Neuron
from ..session import State
from .inspector.histogram import BINS

PASTED = "pasted.png"
"""Stands for a photo that came without a file."""
FIRST = "conv1"
"""The unit whose filters the inspector shows."""


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


def checkpoint(state: State) -> str:
    """Return lines that give what is known of the open checkpoint."""
    info = state.open_checkpoint
    assert info is not None
    lines = [
        "info = net.info",
        "verdict = info.details  # without the sample photos; `inspect` asks them, too",
        "heads = info.heads  # the state of each",
        "evidence = {one.head: one.evidence for one in verdict.heads}",
        "print(as_text(verdict))",
    ]
    device = state.machine.device if state.machine else "cpu"
    opening = network_lines(info, device)
    opening.insert(1, "from inception_viewer.verdict_words import as_text")
    return _text(opening, lines)


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
    lines = [*network_lines(checkpoint, device), *photo_lines(image)]
    if checkpoint.names:
        lines.append(f"# the window takes the class names from {title_of(checkpoint.names)}")
    if _made(state):
        lines.append(f"made = iv.{state.preprocessing!r}  # as it was chosen in the window")
    lines += edit_lines(state.scene.edits) if state.scene else []
    return lines + (intervention_lines(state) if state.interventions else [])


def edit_lines(edits: Sequence[Edit]) -> list[str]:
    """Return the lines that make ``edits``: what is done to the photo; none where nothing is."""
    made = [f"    {line}" for edit in edits for line in _edit_lines(edit)]
    return ["edits = [", *made, "]"] if made else []


def _edit_lines(edit: Edit) -> list[str]:
    """Return the lines that make an edit, as an entry of a list."""
    if isinstance(edit, Brush):
        strokes = [f"        iv.{stroke!r}," for stroke in edit.strokes]
        said = "iv.Brush(  # in pixels of the picture that the network sees"
        return [said, "    strokes=(", *strokes, "    ),", f"    fill={edit.fill!r},", "),"]
    values = [(one, getattr(edit, one.name)) for one in fields(edit)]
    words = [f"{one.name}={value!r}" for one, value in values if value != one.default]
    return [f"iv.{type(edit).__name__}({', '.join(words)}),"]


def intervention_lines(state: State) -> list[str]:
    """Return the lines that make ``interventions``: what is done to the network's units."""
    sources = {image.id: image.source or PASTED for image in state.images}
    made = [f"    {_intervention(one, sources)}," for one in state.interventions]
    return ["interventions = [", *made, "]"]


def _intervention(one: Intervention, sources: Mapping[str, str]) -> str:
    words = [repr(one.unit), repr(one.mode)]
    if one.channels is not None:
        words.append(f"channels={one.channels!r}")
    if one.mode == "scale":
        words.append(f"factor={one.factor!r}")
    if one.images:
        photos = [sources[image] for image in one.images]
        words.append(f"images={tuple(photos)!r}")
    return f"iv.Intervention({', '.join(words)})"


def _made(state: State) -> str:
    """Return what the snippets call the input in use; ``""`` for the checkpoint's own."""
    checkpoint, made = state.open_checkpoint, state.preprocessing
    own = checkpoint is not None and made in (None, checkpoint.preprocessing)
    return "" if own else "made"


def _trace_line(state: State) -> str:
    words = ["photo"]
    if _made(state):
        words.append(f"preprocessing={_made(state)}")
    if state.scene is not None and state.scene.edits:
        words.append("edits=edits")
    if state.interventions:
        words.append("interventions=interventions")
    return f"trace = net.trace({', '.join(words)})"


def trace(state: State) -> str:
    """Return lines that give the numbers in the network and the tray: means, shares, verdict."""
    outputs = "1x1", "3x3", "5x5", "pool_proj"
    lines = [
        _trace_line(state),
        "names = trace.names  # every unit; trace[name] is its activation",
        "maps = {name: trace[name] for name in names if trace[name].ndim == 3}",
        "means = {name: values.mean(axis=0) for name, values in maps.items()}",
        "modules = [name for name in names if f'{name}/pool_proj' in names]",
        f"outputs = {outputs!r}  # of a module's branches",
        "sums = {m: [float(trace[f'{m}/{unit}'].sum()) for unit in outputs] for m in modules}",
        "shares = {m: [part / (sum(sums[m]) or 1) for part in sums[m]] for m in modules}",
        "verdict = trace.top('main', 1)",
    ]
    return _text(opening_lines(state), lines)


def seen(state: State) -> str:
    """Return lines that give exactly what the network sees of the photo."""
    return _text(opening_lines(state), _seen_lines(state))


def _seen_lines(state: State) -> list[str]:
    return [
        _trace_line(state),
        "picture = trace.picture  # what the network sees: (height, width, 3), 0 to 255",
        "crop = trace.crop  # left, top, right, bottom of it on the photo, in the photo's pixels",
        "received = trace.input  # what conv1 receives: (3, height, width)",
        f"preprocessing = {_made(state) or 'net.preprocessing'}  # how the one became the other",
    ]


def maps(state: State, answer: MapsAnswer) -> str:
    """Return lines that give the feature maps on screen."""
    if not answer.groups:
        return trace(state)
    lines = [_trace_line(state)]
    lines += [f"{_variable(group.unit)} = trace[{group.unit!r}]" for group in answer.groups]
    if state.channel is not None:
        unit, channel = state.channel
        lines.append(f"channel = trace[{unit!r}][{channel}]")
    return _text(opening_lines(state), lines)


def channel(state: State, unit: str, index: int) -> str:
    """Return lines that give all that the inspector tells of a channel."""
    lines = [
        f"channel = trace[{unit!r}][{index}]",
        "maximum, mean, active = channel.max(), channel.mean(), (channel > 0).mean()",
        "row, column = np.unravel_index(channel.argmax(), channel.shape)  # of the maximum",
        "values = channel.ravel()",
        "above = values[values > 0]  # those that the histogram counts",
        f"counts, edges = np.histogram(above, {BINS}, (0, above.max(initial=0) or 1))",
        f"unit = net.info.graph.node({unit!r})  # its shape, costs and receptive field",
    ]
    if unit == FIRST:
        lines.append(f"kernel = net.filters[{index}]  # the filter: red, green and blue weights")
    return _text(["import numpy as np"], opening_lines(state), _seen_lines(state), lines)


def top_photos(state: State, answer: TopPhotosAnswer) -> str:
    """Return lines that give the top photos on screen; the index is made where it is not there."""
    asked, info = answer.question, answer.info
    checkpoint = state.open_checkpoint
    assert checkpoint is not None
    device = state.machine.device if state.machine else "cpu"
    made = [] if info.preprocessing == checkpoint.preprocessing else [repr(info.preprocessing)]
    words = [f"out={info.path!r}", *(f"preprocessing=iv.{one}" for one in made)]
    words += [] if info.most == MOST else [f"most={info.most}"]
    lines = [
        f"index = iv.index(net, {info.folder!r}, {', '.join(words)})  # goes on where it stopped",
        f"found = iv.top_photos(net, index.info.path, {asked.unit!r}, {asked.channel})",
        "found.activations  # falling",
        "[(photo.path, photo.position, photo.box) for photo in found.photos]",
        "cuts = [photo.cut for photo in found.photos]  # (height, width, 3), 0 to 255",
    ]
    return _text(network_lines(checkpoint, device), lines)


def predictions(state: State, heads: Mapping[str, object]) -> str:
    """Return lines that give the heads' answers on screen."""
    lines = [_trace_line(state)]
    lines += [f"{head} = trace.top({head!r}, 5)" for head in heads]
    lines += [f"{head}_probabilities = trace.probabilities[{head!r}]" for head in heads]
    lines += [f"{head}_logits = trace.logits[{head!r}]" for head in heads]
    if state.followed_classes:
        lines += _followed_lines(state, heads)
    return _text(opening_lines(state), lines)


def _followed_lines(state: State, heads: Mapping[str, object]) -> list[str]:
    """Return lines that give the classes that are followed, and what they changed by."""
    info, image = state.open_checkpoint, state.image
    assert info is not None
    names = {index: info.classes[index] for index in state.followed_classes}
    of = "{i: {head: float(%s.probabilities[head][i]) for head in heads} for i in followed}"
    lines = [
        f"followed = {names!r}",
        f"heads = {tuple(heads)!r}",
        f"now = {of % 'trace'}",
    ]
    scene = state.scene_of(image)
    if scene is not None and (scene.edits or scene.interventions):
        plain = "photo, preprocessing=made" if _made(state) else "photo"
        lines += [
            f"untouched = net.trace({plain})",
            f"before = {of % 'untouched'}",
            "points = {",
            "    i: {head: 100 * (now[i][head] - before[i][head]) for head in heads}",
            "    for i in followed",
            "}  # percentage points",
        ]
    return lines


def attribution(state: State, question: Attribution) -> str:
    """Return lines that compute the attribution on screen."""
    words = [f"method={question.method!r}", f"head={question.head!r}", f"target={question.target}"]
    if question.unit is not None:
        words.append(f"unit={question.unit!r}")
    if question.against is not None:
        words.append(f"against={question.against}")
    if question.neuron is not None:
        words += _neuron_words(question.neuron)
    if _made(state):
        words.append(f"preprocessing={_made(state)}")
    if question.scene.edits:
        words.append("edits=edits")
    words += [f"{name}={value!r}" for name, value in question.parameters]
    lines = [
        f"result = iv.attribute(net, photo, {', '.join(words)})",
        "result.map  # (height, width)",
        "result.completeness_error  # None where the method promises none",
    ]
    return _text(_plain_lines(state), edit_lines(question.scene.edits), lines)


def branch_importance(state: State, question: BranchImportance) -> str:
    """Return lines that compute the table of branches on screen."""
    sources = {image.id: image.source or PASTED for image in state.images}
    photos = [sources.get(scene.image, PASTED) for scene in question.scenes]
    photos += question.files.paths if question.files is not None else ()
    words = [f"target={question.target}", f"mode={question.mode!r}", f"head={question.head!r}"]
    if question.references:
        words.append(f"references={[sources.get(one, PASTED) for one in question.references]!r}")
    within = ("reductions", "projections", "conductance")
    words += [f"{name}=True" for name in within if getattr(question, name)]
    if _made(state):
        words.append(f"preprocessing={_made(state)}")
    edits = {scene.edits for scene in question.scenes}
    done = ["# what is done to some of the photos is not part of this"]
    if len(edits) == 1:
        (same,) = edits
        done = edit_lines(same)
        words += ["edits=edits"] if same else []
    lines = [
        f"photos = {photos!r}",
        f"found = iv.branch_importance(net, photos, {', '.join(words)})",
        "found.logit_drop['inception4a']['5x5'], found.probability_drop['inception4a']['5x5']",
        "found.logit_spread['inception4a']['5x5']  # standard deviation over the photos",
    ]
    if question.conductance:
        lines.append("found.conductance['inception4a']['5x5'], found.disagreements")
    return _text(_plain_lines(state), done, lines)


def decisive_channels(state: State, question: DecisiveChannels) -> str:
    """Return lines that find the sets of channels on screen."""
    words = [f"module={question.module!r}", f"head={question.head!r}"]
    if _made(state):
        words.append(f"preprocessing={_made(state)}")
    if question.scene.edits:
        words.append("edits=edits")
    lines = [
        f"found = iv.decisive_channels(net, photo, {', '.join(words)})",
        "found.keeps  # channels that suffice for the answer",
        "found.flips, found.becomes  # channels whose removal changes it, and to which class",
        "found.keep_margins, found.flip_margins  # after each greedy step",
    ]
    return _text(_plain_lines(state), edit_lines(question.scene.edits), lines)


def _plain_lines(state: State) -> list[str]:
    """Return the lines that load the network and name the photo, both as they are."""
    return opening_lines(replace(state, paintings=(), changed_inputs=(), touched=()))


def _neuron_words(neuron: Neuron) -> list[str]:
    words = [f"unit={neuron.unit!r}"]
    if neuron.channel is not None:
        words.append(f"channel={neuron.channel}")
    if neuron.position is not None:
        words.append(f"position={neuron.position}")
    return words


def evaluation(checkpoint: CheckpointInfo, answer: EvaluationAnswer, device: str = "cpu") -> str:
    """Return lines that measure the same photos again."""
    asked, made = answer.question, answer.provenance.preprocessing
    options = [f"list_file={asked.list_file!r}"] if asked.list_file else []
    before = []
    if made != checkpoint.preprocessing:
        before = ["from inception_viewer.questions import Preprocessing", f"made = {made!r}"]
        options.append("preprocessing=made")
    call = ", ".join(["net", repr(asked.folder), *options])
    lines = [
        f"answer = iv.evaluate({call})",
        "shares = {name: head.top1.value for name, head in answer.heads.items()}",
        "intervals = {name: head.top1.interval for name, head in answer.heads.items()}",
        "table = answer.heads['main'].confusion.matrix(len(answer.classes))  # rows: the truth",
        "mistakes = answer.heads['main'].mistakes  # the surest first",
    ]
    return _text(network_lines(checkpoint, device), before, lines)


def concepts(
    checkpoint: CheckpointInfo, answers: Sequence[ConceptAnswer], device: str = "cpu"
) -> str:
    """Return lines that test the same concepts again, at every unit that was tested."""
    asked, made = answers[0].question, answers[0].provenance.preprocessing
    words = [
        *(f"target={asked.target}", f"head={asked.head!r}", "concepts=concepts"),
        *(f"random={asked.random!r}", f"photos={asked.photos!r}"),
        *(f"{name}={getattr(asked, name)}" for name in ("runs", "most", "seed", "together")),
    ]
    before = []
    if made != checkpoint.preprocessing:
        before = ["from inception_viewer.questions import Preprocessing", f"made = {made!r}"]
        words.append("preprocessing=made")
    folders = {one.name: one.folder for one in asked.concepts}
    lines = [
        f"concepts = {folders!r}",
        f"units = {[answer.question.unit for answer in answers]!r}",
        f"how = dict({', '.join(words)})",
        "answers = {unit: iv.tcav(net, unit=unit, **how) for unit in units}",
        "scores = {",
        "    unit: {one.name: (one.score, one.p_value, one.accuracy) for one in answer.concepts}",
        "    for unit, answer in answers.items()",
        "}",
    ]
    return _text(network_lines(checkpoint, device), before, lines)


def _variable(unit: str) -> str:
    name = unit.replace("/", "_")
    return name if name.isidentifier() else f"unit_{name}"


def _text(*parts: list[str]) -> str:
    return "\n".join("\n".join(part) for part in parts) + "\n"
