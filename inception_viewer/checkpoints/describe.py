"""What a checkpoint is, in words for people."""

from __future__ import annotations

from inception_viewer.fitted import fitted_heads
from inception_viewer.googlenet.variants import HEADS, Variant

from .weights import Weights

NORMALISATION = {
    "batch_norm": "batch norm",
    "lrn": "local response normalisation",
    "none": "no normalisation",
}


def verdict(weights: Weights) -> str:
    """Return a short phrase: ``"paper, true 5x5, batch norm, heads trained"``."""
    variant = weights.variant
    normalisation = NORMALISATION[variant.normalisation]
    return ", ".join((weights.family, branch_phrase(variant), normalisation, _heads(weights)))


def branch_phrase(variant: Variant) -> str:
    """Say what the "5x5" branch really is."""
    if variant.kernel_5x5 == 5:
        return "true 5x5"
    return f"{variant.kernel_5x5}x{variant.kernel_5x5} in the “5x5” branch"


def _heads(weights: Weights) -> str:
    states = _states(weights)
    if len(set(states.values())) == 1:
        return f"heads {states['main']}"
    present = [f"{head} {state}" for head, state in states.items() if head != "main"]
    if states["aux1"] == states["aux2"]:
        present = [f"auxiliary heads {states['aux1']}"]
    if states["main"] != "trained":
        present.append(f"main head {states['main']}")
    return ", ".join(present)


def _states(weights: Weights) -> dict[str, str]:
    """Return each head's state in words; of a fitted one, on how many images."""
    here = fitted_heads(weights.heads, weights.metadata)
    return {head: here.get(head, weights.heads[head]) for head in HEADS}


def summary(weights: Weights) -> tuple[tuple[str, str], ...]:
    """Return (label, value) lines that describe the architecture."""
    variant = weights.variant
    pools = ", ".join(f"{pool.kernel}x{pool.kernel}/{pool.stride}" for pool in variant.pools)
    lines = [
        ("Family", weights.family),
        ("“5x5” branch", branch_phrase(variant)),
        ("Normalisation", NORMALISATION[variant.normalisation]),
        ("Max pools", pools),
        ("Input", "turned into 2x - 1" if variant.transform_input else "as preprocessed"),
        ("Auxiliary pool", _head_pool(variant)),
        ("Classes", str(variant.classes)),
        ("Parameters", f"{weights.parameters:,}"),
    ]
    lines += [(f"Head {head}", state) for head, state in _states(weights).items()]
    lines += [("Evidence", sentence) for sentence in weights.evidence]
    return tuple(lines)


def _head_pool(variant: Variant) -> str:
    if variant.head_pool == "adaptive":
        return "adaptive to 4x4"
    return "5x5, stride 3 (adaptive where that does not give 4x4)"
