"""Write what the program says of its methods and grades into ``docs/attribution.md``.

Run after a description or the pictures changed: ``python docs/attribution_tables.py``. The
page and the program then say the same; a test holds them to it.
"""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE)]

import attribution_pictures  # noqa: E402

from inception_viewer.attribution_methods import METHODS, Method, Parameter  # noqa: E402
from inception_viewer.attribution_methods.layers import MOST_CHANNELS  # noqa: E402
from inception_viewer.attribution_methods.noise import PARAMETERS as TUNNEL  # noqa: E402
from inception_viewer.attribution_methods.parameters import (  # noqa: E402
    BASELINE,
    BASELINES,
    SEED,
    STEPS,
)
from inception_viewer.attribution_methods.perturbations import SEGMENTS  # noqa: E402
from inception_viewer.grade_measures import MEASURES  # noqa: E402
from inception_viewer.grade_questions import Measure  # noqa: E402

PAGE = HERE / "attribution.md"
MARK = re.compile(r"(<!-- (\w+)(?: (\w+))?: begin -->\n).*?(<!-- \2(?: \3)?: end -->\n)", re.DOTALL)
"""What is filled in, between two marks: ``<!-- method saliency: begin -->``."""

SHARED: Mapping[str, tuple[str, Sequence[Parameter]]] = {
    "baseline": ("Baseline", BASELINE),
    "baselines": ("Several baselines", BASELINES),
    "steps": ("Steps", STEPS),
    "regions": ("Regions", SEGMENTS),
    "tunnel": ("Noise tunnel", TUNNEL[:-1]),
    "composite": ("Composite", METHODS["lrp"].parameters),
    "seed": ("Seed", (SEED,)),
}
"""Settings of several methods, told once: their heading, and the parameters."""

WHAT = {
    "input": "a class, by pixels",
    "layer": "a class, by a unit",
    "neuron": "a channel, by pixels",
}
COMPLETE = {
    "": "It does not promise to add up.",
    "exact": "It adds up, and the completeness error says how nearly.",
    "expected": "It adds up on the average over its random choices only.",
}
ADDS_UP = {"": "", "exact": "yes", "expected": "on average"}

FORMULAS: Mapping[str, tuple[str, str]] = {
    "smooth_grad": ("samples", "samples"),
    "smooth_grad_squared": ("samples", "samples"),
    "var_grad": ("samples", "samples"),
    "integrated_gradients": ("steps + 2", "steps"),
    "gradient_shap": ("samples + count + 1", "samples"),
    "deep_lift_shap": ("2 * count", "count"),
    "occlusion": ("(ceil((224 - window) / stride) + 1)**2 + 1", "0"),
    "feature_ablation": ("segments + 2", "0"),
    "shapley_value_sampling": ("2 * samples * (segments - 1) + 2", "0"),
    "lime": ("samples + 3", "0"),
    "kernel_shap": ("samples + 3", "0"),
    "layer_conductance": ("2 * steps + 2", "steps"),
    "layer_internal_influence": ("steps", "steps"),
    "layer_integrated_gradients": ("steps + 4", "steps"),
    "layer_ablation": (f"groups + 2, groups at most {MOST_CHANNELS} channels or 4 branches", "0"),
    "neuron_conductance": ("steps + 4", "steps + 2"),
    "neuron_integrated_gradients": ("steps + 2", "steps"),
}
"""Forward and backward passes by the settings, where they depend on them. ``steps`` are those of
all attempts, ``count`` the baselines; the noise tunnel's are of saliency."""


def updated(page: str) -> str:
    """Return the page with all that is between marks written anew."""

    def fill(found: re.Match[str]) -> str:
        begin, block, what, end = found.groups()
        return f"{begin}{BLOCKS[block](what or '')}{end}"

    return MARK.sub(fill, page)


# --- tables ------------------------------------------------------------------------------


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(_cell(cell) for cell in line)} |\n" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def overview(_: str) -> str:
    """Return the table of all methods: what they explain, what they cost, whether they add up."""
    measured = attribution_pictures.read_measured()
    rows = []
    for method in METHODS.values():
        took = measured.get(method.name, {})
        rows.append(
            (
                f"[`{method.name}`](#{anchor(method.title)})",
                WHAT[method.target_kind],
                _passes(took.get("forwards", 0), took.get("backwards", 0)),
                _most(method),
                f"{took['seconds']:g}" if took else "",
                ADDS_UP[method.completeness],
            )
        )
    head = ("method", "explains", "passes", "at most", "seconds", "adds up")
    return table(head, rows)


def _passes(forwards: int, backwards: int) -> str:
    return f"{forwards} + {backwards}" if backwards else f"{forwards}"


def _most(method: Method) -> str:
    cost = method.cost(method.settings())
    return _passes(cost.forwards, cost.backwards)


def anchor(title: str) -> str:
    """Return the anchor that GitHub gives a heading."""
    return re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")


def settings(name: str) -> str:
    """Return settings that several methods share, with their heading."""
    heading, parameters = SHARED[name]
    return f"### {heading}\n\n{parameter_table(parameters)}"


def parameter_table(parameters: Iterable[Parameter]) -> str:
    """Return a table of parameters: default, bounds or choices, what they are."""
    rows = [
        (f"`{p.name}`", _value(p), _range(p), p.explanation + _only_with(p)) for p in parameters
    ]
    return table(("setting", "default", "range", "what it is"), rows)


def _value(parameter: Parameter) -> str:
    default = parameter.default
    if parameter.kind == "image":
        return "none"
    return f"`{default}`" if isinstance(default, str) else f"{default:g}"


def _range(parameter: Parameter) -> str:
    if parameter.kind == "image":
        return "an open photo"
    if parameter.is_switch:
        return "`on` or `off`"
    if parameter.choices:
        return "; ".join(
            f"`{value}`" if words == value else f"`{value}`: {words.split(': ')[-1]}"
            for value, words in parameter.choices
        )
    bounds = f"{_number(parameter.minimum)} to {_number(parameter.maximum)}"
    return f"{bounds} {parameter.unit}".rstrip()


def _number(value: float) -> str:
    return "2³¹ - 1" if value == 2**31 - 1 else f"{value:g}" if math.isfinite(value) else "any"


def _only_with(parameter: Parameter) -> str:
    if parameter.only_with is None:
        return ""
    other, values = parameter.only_with
    return f" Only with `{other}` {' or '.join(f'`{value}`' for value in values)}."


# --- a method's section ------------------------------------------------------------------


def method(name: str) -> str:
    """Return a method's section: its heading, picture, words, cost and settings."""
    described = METHODS[name]
    picture = f"images/{attribution_pictures.FOLDER}/{attribution_pictures.file_name(name)}"
    misfit = _misfit(described)
    parts = [
        f"### {described.title}",
        f"`{name}`. {described.explanation}",
        f"![{described.title}: the photo, and the map over it]({picture})",
        f"*{_linked(described.paper)}.*",
        f"**Cost.** {_cost_words(described)} {COMPLETE[described.completeness]}",
        f"**When it misleads.** {_linked(described.misleads)}",
        f"**Where it does not fit.** It is refused: “{misfit}”" if misfit else "",
        _settings_words(described),
    ]
    own = _own(described)
    text = "\n\n".join(part for part in parts if part) + "\n"
    return text + ("\n" + parameter_table(own) if own else "")


def _misfit(described: Method) -> str:
    """Return why a method does not fit a network with LRN, or an auxiliary head."""
    with_lrn: Any = SimpleNamespace(nodes=[SimpleNamespace(kind="lrn")])
    return described.suits(with_lrn, "aux1").replace("aux1", "an auxiliary head")


def _linked(paper: str) -> str:
    text = re.sub(r"arXiv[: ](\d{4}\.\d{4,5})", r"[arXiv:\1](https://arxiv.org/abs/\1)", paper)
    return re.sub(r"doi:(10\.[\w./-]+\w)", r"[doi:\1](https://doi.org/\1)", text)


def _cost_words(method: Method) -> str:
    cost = method.cost(method.settings())
    if method.name not in FORMULAS:
        return f"{_counted(cost.forwards, 'forward')}, {_counted(cost.backwards, 'backward')}."
    forwards, backwards = FORMULAS[method.name]
    said = f"Forward passes: `{forwards}`" if "," not in forwards else f"Forward passes: {forwards}"
    said += f"; backward: `{backwards}`." if backwards != "0" else "; no backward pass."
    return f"{said} At the default settings at most {_most(method)}."


def _counted(count: int, what: str) -> str:
    return f"{count} {what} pass{'' if count == 1 else 'es'}" if count else f"no {what} pass"


def _shared(method: Method) -> list[str]:
    """Return the groups of settings that a method has, whoever has the seed."""
    names = {id(p) for p in method.parameters}
    return [
        key
        for key, (_, group) in SHARED.items()
        if all(id(p) in names for p in group if p.name != "seed" or len(group) == 1)
    ]


def _own(method: Method) -> list[Parameter]:
    told = {id(p) for key in _shared(method) for p in SHARED[key][1]}
    return [p for p in method.parameters if id(p) not in told and p.name != "seed"]


def _settings_words(method: Method) -> str:
    if not method.parameters:
        return "It has no settings."
    headings = [SHARED[key][0] for key in _shared(method)]
    links = [f"the [{words.lower()}](#{anchor(words)})" for words in headings]
    if any(p.name == "seed" for p in method.parameters) and not any(
        key in ("seed", "baseline") for key in _shared(method)
    ):
        links.append("the [seed](#seed)")
    if not links:
        return "**Settings.**"
    own = ", and its own:" if _own(method) else "."
    return f"**Settings.** Those of {_listed(links)}{own}"


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


# --- grades ------------------------------------------------------------------------------


def measures(_: str) -> str:
    """Return the table of grades."""
    rows = [
        (f"[`{one.name}`](#{anchor(one.title)})", one.better, one.unit, _measure_cost(one))
        for one in MEASURES.values()
    ]
    return table(("grade", "better", "counts", "passes"), rows)


def _measure_cost(measure: Measure) -> str:
    if measure.explanations:
        return f"{measure.explanations} times the method's own"
    return f"about {measure.forwards}"


def measure(name: str) -> str:
    """Return what a grade's section says of it."""
    one = MEASURES[name]
    return f"### {one.title}\n\n`{name}`. {one.explanation}\n\n*{_linked(one.paper)}.*\n"


BLOCKS: Mapping[str, Callable[[str], str]] = {
    "overview": overview,
    "settings": settings,
    "method": method,
    "measures": measures,
    "measure": measure,
}
"""What can stand between marks."""


def fill_in() -> None:
    """Write the page anew."""
    PAGE.write_text(updated(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    fill_in()
