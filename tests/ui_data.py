"""Synthetic answers for window tests: realistic sizes, seeded, made without torch.

Receptive fields, shapes and counts come from a walk of this file's own over the
paper's table, so that the window is tested apart from the network's code.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from inception_viewer.googlenet.variants import BRANCH_OUTPUT, BRANCHES, PAPER_TABLE
from inception_viewer.questions import (
    CheckpointInfo,
    Graph,
    HeadState,
    ImageInfo,
    MapGroup,
    MapsAnswer,
    Node,
    OverviewAnswer,
    Predictions,
    Preprocessing,
    Provenance,
    ReceptiveField,
    Scene,
    frozen_array,
)

FINGERPRINT = "5e1f" * 16
CLASSES = (*(f"class {i}" for i in range(98)), "cup", "ewer", "pagoda")
HEADS: dict[str, HeadState] = {"aux1": "trained", "aux2": "trained", "main": "trained"}
PREPROCESSING = Preprocessing()
CROP = (110.0, 30.0, 530.0, 450.0)
"""Of a 640x480 photo whose short side became 256, cut to 224 in the middle."""


def scene(image: str = "ab" * 32) -> Scene:
    """Return the scene of the synthetic answers."""
    return Scene(FINGERPRINT, image, PREPROCESSING)


def provenance() -> Provenance:
    """Return who answered."""
    return Provenance(FINGERPRINT, PREPROCESSING, 0.016)


# --- the graph -----------------------------------------------------------------------


@dataclass(frozen=True)
class _Place:
    """Where a walk through the network stands."""

    channels: int = 3
    side: int = 224
    size: int = 1
    stride: int = 1
    offset: float = 0.0

    def through(self, kernel: int, step: int, padding: int, channels: int = 0) -> _Place:
        side = -(-(self.side + 2 * padding - kernel) // step) + 1
        if padding:
            side = (self.side + 2 * padding - kernel) // step + 1
        return _Place(
            channels or self.channels,
            side,
            self.size + (kernel - 1) * self.stride,
            self.stride * step,
            self.offset + ((kernel - 1) / 2 - padding) * self.stride,
        )


class _Walk:
    """Collects nodes and edges."""

    def __init__(self, kernel_5x5: int) -> None:
        self.kernel_5x5 = kernel_5x5
        self.nodes: list[Node] = [
            Node("input", "input", "", "", (3, 224, 224), 0, 0, 0, 0, ReceptiveField(1, 1, 0.0))
        ]
        self.edges: list[tuple[str, str]] = []
        self.places: dict[str, _Place] = {"input": _Place()}

    def add(
        self, name: str, source: str, kind: str, kernel: int, step: int = 1, channels: int = 0
    ) -> str:
        before = self.places[source]
        padding = kernel // 2 if kind == "conv" or (kind, step) == ("max_pool", 1) else 0
        place = before.through(kernel, step, padding, channels)
        weights = before.channels * channels * kernel**2 if kind == "conv" else 0
        self._put(name, kind, place, kernel, step, weights)
        self.edges.append((source, name))
        return name

    def _put(
        self, name: str, kind: str, place: _Place, kernel: int, step: int, weights: int
    ) -> None:
        head, _, tail = name.partition("/")
        group = head if head.startswith(("inception", "aux")) else ""
        branch = tail.split("_")[0] if head.startswith("inception") else ""
        really = kernel != 5 and name.endswith("/5x5")
        self.places[name] = place
        self.nodes.append(
            Node(
                name,
                kind,
                group,
                branch,
                (place.channels, place.side, place.side),
                kernel,
                step,
                weights and weights + 2 * place.channels,
                weights * place.side**2,
                ReceptiveField(place.size, place.stride, place.offset),
                f"Really {kernel}x{kernel}." if really else "",
            )
        )

    def inception(self, name: str, source: str, table: tuple[int, ...]) -> str:
        one, reduce3, three, reduce5, five, proj = table
        ends = [self.add(f"{name}/1x1", source, "conv", 1, 1, one)]
        at = self.add(f"{name}/3x3_reduce", source, "conv", 1, 1, reduce3)
        ends.append(self.add(f"{name}/3x3", at, "conv", 3, 1, three))
        at = self.add(f"{name}/5x5_reduce", source, "conv", 1, 1, reduce5)
        ends.append(self.add(f"{name}/5x5", at, "conv", self.kernel_5x5, 1, five))
        at = self.add(f"{name}/pool", source, "max_pool", 3)
        ends.append(self.add(f"{name}/pool_proj", at, "conv", 1, 1, proj))
        widest = max((self.places[end] for end in ends), key=lambda place: place.size)
        place = replace(widest, channels=one + three + five + proj)
        self._put(name, "concat", place, 0, 0, 0)
        self.edges.extend((end, name) for end in ends)
        return name

    def dense(self, name: str, source: str, kind: str, features: int) -> str:
        before = self.places[source]
        weights = before.channels * before.side**2 * features if kind != "avg_pool" else 0
        self.places[name] = _Place(features, 1, 224, 0, 111.5)
        self._put(name, kind, self.places[name], 0, 0, weights)
        self.edges.append((source, name))
        return name


@lru_cache(maxsize=4)
def graph(kernel_5x5: int = 5) -> Graph:
    """Return the paper's network at 224x224; ``kernel_5x5`` 3 for torchvision's."""
    walk = _Walk(kernel_5x5)
    at = walk.add("conv1", "input", "conv", 7, 2, 64)
    at = walk.add("pool1", at, "max_pool", 3, 2)
    at = walk.add("conv2/reduce", at, "conv", 1, 1, 64)
    at = walk.add("conv2", at, "conv", 3, 1, 192)
    at = walk.add("pool2", at, "max_pool", 3, 2)
    for name, row in PAPER_TABLE:
        table = (row.one, row.reduce3, row.three, row.reduce5, row.five, row.pool_proj)
        at = walk.inception(name, at, table)
        head = {"inception4a": "aux1", "inception4d": "aux2"}.get(name)
        if head:
            side = walk.add(f"{head}/pool", at, "avg_pool", 5, 3)
            side = walk.add(f"{head}/conv", side, "conv", 1, 1, 128)
            side = walk.dense(f"{head}/fc1", side, "dense", 1024)
            walk.dense(f"{head}/fc2", side, "classifier", len(CLASSES))
        pool = {"inception3b": "pool3", "inception4e": "pool4"}.get(name)
        if pool:
            at = walk.add(pool, at, "max_pool", 3, 2)
    at = walk.dense("avgpool", at, "avg_pool", 1024)
    walk.dense("fc", at, "classifier", len(CLASSES))
    return Graph(tuple(walk.nodes), tuple(walk.edges), (3, 224, 224))


def checkpoint_info() -> CheckpointInfo:
    """Return an open checkpoint of the paper's variant."""
    network = graph()
    return CheckpointInfo(
        FINGERPRINT, "demo", "demo", "paper", "paper, true 5x5, batch norm, heads trained",
        CLASSES, PREPROCESSING, HEADS, network, sum(node.parameters for node in network.nodes),
        {"licence": "see credits", "accuracy main": "0.88"}, (),
        (("kernel of the 5x5 branch", "5x5"), ("normalisation", "batch norm")),
    )  # fmt: skip


# --- pictures ------------------------------------------------------------------------


def picture(height: int = 224, width: int = 224) -> np.ndarray:
    """Return a picture whose corners differ, so that a turned or mirrored one shows."""
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    rows, columns = rows / height, columns / width
    made = np.stack([60 + 150 * columns, 70 + 120 * rows, 190 - 120 * columns * rows], axis=-1)
    cup = (columns - 0.45) ** 2 + (rows - 0.58) ** 2 < 0.07
    made[cup] = (236, 226, 205)
    made[cup & (rows < 0.46)] = (94, 58, 34)
    sun = (columns - 0.8) ** 2 + (rows - 0.2) ** 2 < 0.012
    made[sun] = (250, 210, 70)
    return frozen_array(made.astype(np.uint8))


def photo(name: str = "cup.jpg", image: str = "ab" * 32) -> ImageInfo:
    """Return an open photo of 640x480."""
    return ImageInfo(image, name, f"/photos/{name}", 480, 640, picture(120, 160))


# --- maps ----------------------------------------------------------------------------


def activations(unit: str, channels: int, side: int, dead: int, depth: float = 1.0) -> np.ndarray:
    """Return rectified smooth maps (channels, side, side); the first ``dead`` drawn are zero.

    The array is a transposed view, as a channels_last trace gives it.
    """
    rng = np.random.default_rng(zlib.crc32(unit.encode()))
    grid = np.linspace(0, 1, side, dtype=np.float32)
    made = np.zeros((side, side, channels), np.float32)
    for _ in range(4):
        x, y, width = rng.random((3, channels)).astype(np.float32)
        width = 0.06 + 0.2 * width
        bell_x = np.exp(-(((grid[:, None] - x) / width) ** 2))
        bell_y = np.exp(-(((grid[:, None] - y) / width) ** 2))
        made += bell_y[:, None, :] * bell_x[None] * rng.gamma(1.5, 1.0, channels).astype(np.float32)
    made += rng.normal(0, 0.15, made.shape).astype(np.float32) - 0.3
    np.maximum(made * depth, 0, out=made)
    made[..., rng.permutation(channels)[:dead]] = 0
    return frozen_array(made.transpose(2, 0, 1))


def group(unit: str, branch: str, maps: np.ndarray, note: str = "") -> MapGroup:
    """Return the group of these maps with its figures."""
    return MapGroup(
        unit, branch, maps,
        frozen_array(maps.max(axis=(1, 2))),
        frozen_array(maps.mean(axis=(1, 2), dtype=np.float32)),
        frozen_array((maps > 0).mean(axis=(1, 2), dtype=np.float32)), note,
    )  # fmt: skip


@lru_cache(maxsize=8)
def maps(unit: str = "inception3a", kernel_5x5: int = 5) -> MapsAnswer:
    """Return the maps of a module (four groups) or of a unit (one); dense units have none."""
    network = graph(kernel_5x5)
    node = network.node(unit)
    if node.field.stride == 0:
        why = f"{unit} has no positions: its {node.shape[0]} values are one number each."
        return MapsAnswer(unit, scene(), (), provenance(), why)
    units = [unit]
    if node.kind == "concat":
        units = [f"{unit}/{BRANCH_OUTPUT[branch]}" for branch in BRANCHES]
    groups = tuple(
        group(
            name,
            network.node(name).branch,
            activations(
                name, network.node(name).shape[0], network.node(name).shape[1], 12 if i == 1 else 0,
                1 + i,
            ),
            network.node(name).note,
        )
        for i, name in enumerate(units)
    )  # fmt: skip
    return MapsAnswer(unit, scene(), groups, provenance(), filters=_filters(unit))


def _filters(unit: str) -> np.ndarray | None:
    if unit != "conv1":
        return None
    rng = np.random.default_rng(7)
    rows, columns = np.mgrid[-3:4, -3:4].astype(np.float32)
    angle = rng.random((64, 1, 1, 3)) * np.pi
    phase = np.cos(angle) * rows[None, :, :, None] + np.sin(angle) * columns[None, :, :, None]
    return frozen_array((0.1 * np.sin(phase)).astype(np.float32))


# --- predictions and the overview ----------------------------------------------------


def predictions() -> Predictions:
    """Return three heads' answers over the same classes: aux1 says ewer, the others cup."""
    rng = np.random.default_rng(3)
    logits = {head: rng.normal(0, 1, len(CLASSES)).astype(np.float32) for head in HEADS}
    for head, values in logits.items():
        values[CLASSES.index("cup")] += {"aux1": 5, "aux2": 7, "main": 10}[head]
        values[CLASSES.index("ewer")] += {"aux1": 7, "aux2": 4, "main": 3}[head]
    chances = {}
    for head, values in logits.items():
        powers = np.exp(values - values.max())
        chances[head] = frozen_array((powers / powers.sum()).astype(np.float32))
        frozen_array(values)
    return Predictions(CLASSES, logits, chances, HEADS)


@lru_cache(maxsize=8)
def overview(unit: str = "inception3a") -> OverviewAnswer:
    """Return all that a frame of the window shows."""
    network = graph()
    drawn = [node for node in network.nodes if node.field.stride and node.kind != "input"]
    thumbnails = {
        node.name: frozen_array(
            activations(node.name, 4, node.shape[1], 0).mean(axis=0, dtype=np.float32)
        )
        for node in drawn
    }
    rng = np.random.default_rng(5)
    shares = {}
    for name, _ in PAPER_TABLE:
        parts = rng.dirichlet((4, 6, 2, 1))
        shares[name] = {branch: float(part) for branch, part in zip(BRANCHES, parts, strict=True)}
    largest = {node.name: float(rng.gamma(4, 1)) for node in network.nodes}
    return OverviewAnswer(
        scene(), picture(), CROP, predictions(), thumbnails, largest, shares, maps(unit),
        provenance(),
    )  # fmt: skip
