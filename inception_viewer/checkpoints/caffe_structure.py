"""Whether the layers of a Caffe file are put together as in BVLC's GoogLeNet.

A ``.caffemodel`` that Caffe saved holds every layer, those without weights too: what they
read and how they are set. What a layer with weights reads is written here as an
expression over the nearest such layers, ``lrn(max(relu(conv1/7x7_s2)))``. So the names of
pools and blobs do not matter, nor the ``Split`` layers that Caffe puts in by itself.

The network is that of BVLC/caffe's ``models/bvlc_googlenet/train_val.prototxt``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from inception_viewer.errors import CheckpointError
from inception_viewer.googlenet.variants import HEAD_INPUT, MODULES, Lrn, Pool, Variant

from .caffe_file import CaffeNet, Layer

PASSED = ("Split", "Dropout")
"""Layers that change nothing when a photo is looked at."""

SHORT = {"ReLU": "relu", "LRN": "lrn", "Concat": "cat"}

POOLING = {0.0: "max", 1.0: "average"}

LONGEST = 600
"""Characters of an expression; the longest of GoogLeNet's has under 200."""

FIRST = "conv1/7x7_s2"
"""The first convolution; what it reads is called differently in every file."""

BVLC_LRN = Lrn(5, 1e-4, 0.75, 1.0)

LOSS = {"aux1": "loss1", "aux2": "loss2", "main": "loss3"}
"""What Caffe's layers call the heads."""

BRANCHES = ("1x1", "3x3", "5x5", "pool_proj")


@dataclass(frozen=True, eq=False)
class Structure:
    """How the layers of a file are put together.

    Attributes
    ----------
    reads
        Layers with weights and the expression of what they read.
    pools, norms, activations
        The layers that compute an expression, by it.
    convolutions
        Convolutions by name.
    """

    reads: dict[str, str] = field(default_factory=dict)
    pools: dict[str, Layer] = field(default_factory=dict)
    norms: dict[str, Layer] = field(default_factory=dict)
    activations: dict[str, Layer] = field(default_factory=dict)
    convolutions: dict[str, Layer] = field(default_factory=dict)

    @property
    def told(self) -> bool:
        """Whether the file says what reads what, and not the weights only."""
        return any(self.reads.values()) and bool(self.pools)


def structure(net: CaffeNet) -> Structure:
    """Follow the blobs through a network's layers, in the file's order."""
    found = Structure()
    written: dict[str, str] = {}
    for layer in net.layers:
        sources = [written.get(name, name) for name in layer.bottoms[:16]]
        expression = _expression(layer, sources)
        written.update(dict.fromkeys(layer.tops, expression))
        if layer.blobs:
            found.reads[layer.name] = sources[0] if sources else ""
        kinds: dict[str, dict[str, Layer]] = {
            "Pooling": found.pools,
            "LRN": found.norms,
            "ReLU": found.activations,
        }
        if layer.type in kinds:
            kinds[layer.type][expression] = layer
        elif layer.type == "Convolution":
            found.convolutions[layer.name] = layer
    return found


def _expression(layer: Layer, sources: list[str]) -> str:
    if layer.type in PASSED and len(sources) == 1:
        return sources[0]
    if layer.type in ("Convolution", "InnerProduct") or not sources:
        return layer.name
    kind = SHORT.get(layer.type, layer.type)
    if layer.type == "Pooling":
        kind = POOLING.get(layer.settings.get("method", (0.0,))[0], "pool")
    whole = f"{kind}({', '.join(sources)})"
    return whole if len(whole) <= LONGEST else f"{kind}(…)"


def classifier_input(head: str) -> str:
    """Return the expression of what a head's classifier reads."""
    if head == "main":
        return f"average({_output('inception5b')})"
    return f"relu({LOSS[head]}/fc)"


def _output(module: str) -> str:
    caffe = layer_of(module)
    return f"cat({', '.join(f'relu({caffe}/{branch})' for branch in BRANCHES)})"


def layer_of(module: str) -> str:
    """Return Caffe's name of a module: ``inception_4a`` for ``inception4a``."""
    return module.replace("inception", "inception_")


def expected_reads(*, lrn: bool) -> dict[str, str]:
    """Return what every layer of BVLC's GoogLeNet but the classifiers reads, by its name."""
    norm = "lrn({})" if lrn else "{}"
    reads = {
        "conv2/3x3_reduce": norm.format("max(relu(conv1/7x7_s2))"),
        "conv2/3x3": "relu(conv2/3x3_reduce)",
    }
    at = f"max({norm.format('relu(conv2/3x3)')})"
    for module in MODULES:
        caffe = layer_of(module)
        reads |= {f"{caffe}/{unit}": at for unit in ("1x1", "3x3_reduce", "5x5_reduce")}
        reads |= {f"{caffe}/{unit}": f"relu({caffe}/{unit}_reduce)" for unit in ("3x3", "5x5")}
        reads[f"{caffe}/pool_proj"] = f"max({at})"
        output = _output(module)
        at = f"max({output})" if module in ("inception3b", "inception4e") else output
    for head in ("aux1", "aux2"):
        reads[f"{LOSS[head]}/conv"] = f"average({_output(HEAD_INPUT[head])})"
        reads[f"{LOSS[head]}/fc"] = f"relu({LOSS[head]}/conv)"
    return reads


def settled(found: Structure, variant: Variant, classifiers: Mapping[str, str]) -> Variant:
    """Return the variant with the file's own normalisation and rounding of pools.

    Parameters
    ----------
    found
        How the file's layers are put together.
    variant
        What they are to make.
    classifiers
        The layer that gives each head's logits.

    Raises
    ------
    CheckpointError
        If a layer is missing between others, or set as in no GoogLeNet.
    """
    expected = expected_reads(lrn=bool(found.norms))
    expected |= {classifiers[head]: classifier_input(head) for head in variant.heads}
    for name, expression in expected.items():
        reads = found.reads.get(name)
        if reads is not None and reads != expression:
            raise _differs(f"“{name}” reads {reads or 'nothing'} where {expression} is expected")
    for layer in found.convolutions.values():
        if layer.name in expected or layer.name == FIRST:
            _check_convolution(layer)
    for expression, layer in found.activations.items():
        if layer.settings.get("slope", (0.0,)) != (0.0,):
            raise _differs(f"{expression} is a leaky one")
    return replace(variant, lrn=_lrn(found), pools=_pools(found, expected))


def _differs(what: str) -> CheckpointError:
    return CheckpointError(f"It looks like BVLC's GoogLeNet, but {what}.")


def _check_convolution(layer: Layer) -> None:
    if layer.settings:
        half = layer.settings["kernel"][0] // 2
        stride = 2 if layer.name == FIRST else 1
        _check_settings(layer, {"stride": stride, "pad": half, "dilation": 1, "group": 1})


def _check_settings(layer: Layer, wanted: Mapping[str, float]) -> None:
    for name, value in wanted.items():
        for found in layer.settings.get(name, ()):
            if found != value:
                raise _differs(f"“{layer.name}” has {name} {found:g} where {value:g} is expected")


def _pools(found: Structure, expected: Mapping[str, str]) -> tuple[Pool, Pool, Pool, Pool]:
    """Check every pool's settings and return those between the modules."""
    for name, expression in expected.items():
        if name.endswith("/pool_proj"):
            _check_pool(found, expression, {"kernel": 3, "stride": 1, "pad": 1})
        elif name.endswith("/conv"):
            _check_pool(found, expression, {"kernel": 5, "stride": 3, "pad": 0})
    main = found.pools.get(classifier_input("main"))
    if main is not None and main.settings.get("global", (1.0,)) == (0.0,):
        _check_settings(main, {"kernel": 7, "pad": 0})
    pools = [f"max(relu({FIRST}))"]
    pools += [expected[f"inception_{module}/1x1"] for module in ("3a", "4a", "5a")]
    first, second, third, fourth = (_pool(found, expression) for expression in pools)
    return first, second, third, fourth


def _pool(found: Structure, expression: str) -> Pool:
    _check_pool(found, expression, {"kernel": 3, "stride": 2, "pad": 0})
    layer = found.pools.get(expression)
    floor = layer is not None and layer.settings.get("floor") == (1.0,)
    return Pool(3, 2, ceil_mode=not floor)


def _check_pool(found: Structure, expression: str, wanted: Mapping[str, float]) -> None:
    layer = found.pools.get(expression)
    if layer is not None:
        _check_settings(layer, wanted)


def _lrn(found: Structure) -> Lrn | None:
    """Return the two normalisations' common settings."""
    settings = {tuple(layer.settings.items()) for layer in found.norms.values()}
    if not settings:
        return None
    given = dict(settings.pop())
    if settings:
        raise _differs("its two normalisations are not set alike")
    if not given:
        return BVLC_LRN
    size, alpha, beta, k = (
        float(f"{given[name][0]:.6g}") for name in ("size", "alpha", "beta", "k")
    )
    possible = size % 2 == 1 and size < 64 and 0 <= alpha < 100 and 0 <= beta < 10 and 0 < k < 1000
    if given["within"] != (0.0,) or not possible:
        raise _differs("its local response normalisation is none across channels")
    return Lrn(int(size), alpha, beta, k)
