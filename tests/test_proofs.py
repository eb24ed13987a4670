"""The longer proofs, and what plain ``pytest`` checks of the results they store.

``python -m pytest -m slow`` runs the proofs and writes ``tests/stored``. The results are
checked against the bounds of issue 2 and against the formulas as they are now, for every
unit, and a spot of each is measured anew.
"""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
import results
import torch
from measured import (
    FAMILIES,
    Size,
    linear_run,
    meta_net,
    multiply_adds,
    seen,
    spans,
)
from oracles import (
    batch,
    our_state,
    paper_activations,
    relative_error,
    torchvision_activations,
    torchvision_net,
)
from safetensors.torch import load_file
from torch import Tensor, nn

from inception_viewer import paths
from inception_viewer.api import Network
from inception_viewer.googlenet import variants
from inception_viewer.googlenet.architecture import INPUT, GoogLeNet, activations, empty, fold
from inception_viewer.googlenet.cost import costs
from inception_viewer.questions import ReceptiveField

BOUND = 1e-4
"""Of a unit's largest value; what issue 2 names for equality with torchvision."""
AGAIN = 2e-3
"""The same between machines, whose random numbers and photos differ in the last place."""
NETWORK = [f"inception_viewer/googlenet/{name}.py" for name in ("architecture", "variants")]
STORED = (
    "attribution_memory",
    "costs",
    "demo",
    "receptive_fields",
    "sixty_megapixels",
    "torchvision",
)

Found = dict[str, Any]


def found(name: str) -> Found:
    return results.read(name)["found"]


def test_every_proof_has_a_result_and_no_result_is_without_one() -> None:
    assert tuple(results.names()) == STORED


@pytest.mark.parametrize("name", STORED)
def test_a_result_is_that_of_the_present_files(name: str) -> None:
    changed = results.outdated(name)
    assert not changed, f"changed since: {changed}; run {results.read(name)['command']}"


def test_a_result_outlives_other_words_but_no_other_code(tmp_path) -> None:
    path = tmp_path / "code.py"
    path.write_text('"""Says."""\n\ndef f(x):\n    """Does."""\n    return [x, 1, "a"]  # so\n')
    before = results.digest(path)
    path.write_text('def f(\n    x,\n):\n    """Says more."""\n\n    return [x, 1, "a"]\n')
    assert results.digest(path) == before
    for other in ('x, 2, "a"', 'x, 1, "b"', "x, 1", '1, x, "a"', 'x, True, "a"', 'x, 1, ""'):
        path.write_text(f"def f(x):\n    return [{other}]\n")
        assert results.digest(path) != before, other


def test_sixty_megapixels_took_less_than_a_gigabyte() -> None:
    """Decoded alone they are 181 MB, so a smaller number would be of something else."""
    assert 9_000 * 6_700 * 3 < found("sixty_megapixels")["peak_bytes"] < 1e9


# --- every unit against torchvision's own class -------------------------------------------

SIZES: tuple[Size, ...] = ((224, 224), (288, 352), (193, 257), (449, 320))
SEEDS = (0, 1, 2)
SPOT: Size = (193, 257)


def torchvisions(seed: int) -> nn.Module:
    """torchvision's network, with its input transform for one seed of three."""
    return torchvision_net(12, transform_input=seed == 1, seed=seed)


def ours(peer: nn.Module) -> GoogLeNet:
    net = empty(variants.torchvision(12, transform_input=peer.transform_input))
    net.load_state_dict(our_state(peer), assign=True)
    return net


def samples(value: Tensor) -> list[float]:
    """The largest value of a unit for the first photo, and twelve spread over it: all logits."""
    flat = value[0].flatten()
    places = torch.linspace(0, len(flat) - 1, min(12, len(flat))).long()
    return [float(f"{v:.6g}") for v in (flat.abs().max(), *flat[places])]


def compare(unit: Found, run: list[int], expected: Tensor, plain: Tensor, folded: Tensor) -> None:
    """Keep the worst of a unit's numbers so far."""
    error = relative_error(plain, expected)
    if error > unit["error"]:
        unit |= {"error": error, "run": run}
    unit["folded"] = max(unit["folded"], relative_error(folded, plain))
    unit["photos_differ"] = min(unit["photos_differ"], relative_error(expected[0], expected[1]))


@pytest.mark.slow
def test_torchvision_equals_ours_in_every_unit() -> None:
    worst = {"error": -1.0, "folded": 0.0, "photos_differ": 9.0}
    units = {name: dict(worst) for name in meta_net("torchvision").names}
    values: dict[str, list[float]] = {}
    runs = [[*size, seed] for seed in SEEDS for size in SIZES]
    for seed in SEEDS:
        peer = torchvisions(seed)
        net = ours(peer)
        folded = fold(net)
        for size in SIZES:
            x = batch(*size, count=2)
            with torch.inference_mode():
                expected = torchvision_activations(peer, x)
                plain, fast = activations(net, x), activations(folded, x)
            assert set(expected) == set(plain) == set(fast) == set(units)
            for name, unit in units.items():
                compare(unit, [*size, seed], expected[name], plain[name], fast[name])
            if (size, seed) == (SPOT, 0):
                values = {name: samples(value) for name, value in expected.items()}
    check_torchvision(units)
    results.write(
        "torchvision",
        {"runs": runs, "units": units, "values": values},
        [*NETWORK, "tests/oracles.py"],
    )


def check_torchvision(units: dict[str, Found]) -> None:
    assert set(units) == set(meta_net("torchvision").names)
    for name, unit in units.items():
        assert 0 <= unit["error"] < BOUND, name
        assert 0 <= unit["folded"] < BOUND, name
        assert unit["photos_differ"] > 0.05, name  # else any two networks would agree


def test_stored_errors_are_within_the_bound_for_every_unit() -> None:
    stored = found("torchvision")
    check_torchvision(stored["units"])
    sizes = {(height, width) for height, width, _ in stored["runs"]}
    assert sizes >= {(224, 224), (288, 352), (193, 257)}
    assert len({seed for *_, seed in stored["runs"]}) >= 3
    assert max(unit["error"] for unit in stored["units"].values()) > 0, "nothing was compared"


def test_torchvisions_stored_values_are_ours_now(peer: nn.Module) -> None:
    with torch.inference_mode():
        now = activations(ours(peer), batch(*SPOT, count=1))
    stored = found("torchvision")["values"]
    assert set(stored) == set(now)
    for name, values in stored.items():
        assert samples(now[name]) == pytest.approx(values, abs=AGAIN * values[0]), name


# --- multiply-adds as PyTorch counts them ---------------------------------------------------

COST_SIZES: tuple[Size, ...] = (
    (96, 64),
    (193, 257),
    (224, 224),
    (288, 352),
    (449, 320),
    (768, 1024),
)


@pytest.mark.slow
def test_costs_are_what_pytorch_counts() -> None:
    families = {}
    for family in FAMILIES:
        counted = [multiply_adds(family, size) for size in COST_SIZES]
        units = {name: [units[name] for units, _ in counted] for name in meta_net(family).names}
        families[family] = {"whole": [whole for _, whole in counted], "units": units}
    check_costs(COST_SIZES, families)
    found = {"sizes": COST_SIZES, "families": families}
    results.write("costs", found, [*NETWORK, "tests/measured.py"])


def check_costs(sizes: Any, families: Found) -> None:
    assert set(families) == set(FAMILIES)
    for family, counted in families.items():
        assert tuple(counted["units"]) == meta_net(family).names
        for place, size in enumerate(sizes):
            formula = {n: c.multiply_adds for n, c in costs(meta_net(family), *size).items()}
            assert formula.pop(INPUT) == 0
            assert formula == {name: n[place] for name, n in counted["units"].items()}, size
            assert sum(formula.values()) == counted["whole"][place] > 5e7


def test_stored_counts_equal_the_formulas_now() -> None:
    stored = found("costs")
    assert {(224, 224), (288, 352), (193, 257)} <= {tuple(size) for size in stored["sizes"]}
    check_costs(stored["sizes"], stored["families"])


def test_a_stored_count_is_counted_again() -> None:
    stored = found("costs")
    place = stored["sizes"].index([193, 257])
    units, whole = multiply_adds("lrn", (193, 257))
    assert whole == stored["families"]["lrn"]["whole"][place]
    assert units == {n: c[place] for n, c in stored["families"]["lrn"]["units"].items()}


# --- receptive fields by gradient support -----------------------------------------------------

LONG: Size = (900, 71)
"""Longer than 5b's field of 715: in the middle the border cuts no field off above or below."""
FIELD_SIZES: tuple[Size, ...] = (LONG, (224, 224), (193, 257))
Axis = list[float] | list[list[int]] | str


def axis_by_gradient(value: Tensor, x: Tensor) -> Axis:
    """Size, stride and offset along the rows; a pool's four windows; or that it sees all."""
    height, column = value.shape[2], value.shape[3] // 2
    rows = range(height) if height <= 4 else (height // 2, height // 2 + 1)
    first, *rest = [list(seen(value, x, row, column)[:2]) for row in rows]
    if height == 1:
        assert first == [0, x.shape[2] - 1]
        return "all"
    if height == 4:
        return [first, *rest]
    stride = rest[0][0] - first[0]
    return [first[1] - first[0] + 1, stride, sum(first) / 2 - stride * rows[0]]


def axis_by_formula(field: ReceptiveField) -> Axis:
    if field.stride == 0:
        return "all"
    if field.windows:
        return [list(window) for window in field.windows[0]]
    return [field.size, field.stride, field.offset]


def places(value: Tensor) -> list[tuple[int, int]]:
    """The first and last position, and two others, always the same."""
    height, width = value.shape[2:]
    chosen = random.Random(height * width)
    others = [(chosen.randrange(height), chosen.randrange(width)) for _ in range(2)]
    return sorted({(0, 0), (height - 1, width - 1), *others})


@pytest.mark.slow
def test_receptive_fields_are_where_gradients_arrive() -> None:
    families: dict[str, dict[str, Axis]] = {}
    compared = 0
    for family in FAMILIES:
        for size in FIELD_SIZES:
            counted = costs(meta_net(family), *size)
            x, values = linear_run(family, size)
            for name, value in values.items():
                for place in places(value):
                    expected = spans(counted[name].field, place, size)
                    assert seen(value, x, *place) == expected, (family, name, size, place)
                    compared += 1
            if size == LONG:
                families[family] = {n: axis_by_gradient(v, x) for n, v in values.items()}
    check_fields(families)
    found = {"sizes": FIELD_SIZES, "places_compared": compared, "families": families}
    results.write("receptive_fields", found, [*NETWORK, "tests/measured.py"])


def check_fields(families: dict[str, dict[str, Axis]]) -> None:
    assert set(families) == set(FAMILIES)
    for family, units in families.items():
        counted = costs(meta_net(family), *LONG)
        assert tuple(units) == meta_net(family).names
        assert units == {name: axis_by_formula(counted[name].field) for name in units}, family


def test_stored_receptive_fields_equal_the_formulas_now() -> None:
    stored = found("receptive_fields")
    check_fields(stored["families"])
    assert stored["families"]["paper"]["inception5b"][:2] == [715, 32]
    units = sum(len(units) for units in stored["families"].values())
    assert stored["places_compared"] >= 2 * len(stored["sizes"]) * units * 0.9


@pytest.mark.parametrize("name", ["conv2/reduce", "inception4e/5x5", "aux2/conv", "fc"])
def test_a_stored_receptive_field_is_found_again(name: str) -> None:
    x, values = linear_run("floor", LONG)
    stored = found("receptive_fields")["families"]["floor"]
    assert axis_by_gradient(values[name], x) == stored[name]


# --- the demo checkpoint ----------------------------------------------------------------------


def sample_files() -> list[str]:
    listed = json.loads(paths.asset("samples/samples.json").read_text(encoding="utf-8"))
    return [sample["file"] for sample in listed]


@pytest.mark.slow
def test_demo_answers_as_its_weights_do_in_plain_functions(demo: Network) -> None:
    """In float64, with nothing of ours but the preprocessed photo."""
    checkpoint = paths.asset("demo.safetensors")
    state = {name: value.double() for name, value in load_file(checkpoint).items()}
    found: dict[str, Found] = {}
    for file in sample_files():
        trace = demo.trace(paths.asset("samples") / file)
        x = torch.tensor(trace.input, dtype=torch.float64)[None]
        with torch.inference_mode():
            expected = paper_activations(state, x, lrn=False)
        assert set(expected) == set(trace.names)
        errors = {
            name: relative_error(torch.tensor(trace[name]).reshape(value[0].shape), value[0])
            for name, value in expected.items()
        }
        unit = max(errors, key=errors.__getitem__)
        heads = {"aux1": "aux1/fc2", "aux2": "aux2/fc2", "main": "fc"}
        logits = {head: [round(float(v), 4) for v in expected[n][0]] for head, n in heads.items()}
        found[file] = {"error": errors[unit], "unit": unit, "logits": logits}
    check_demo(found, len(demo.classes))
    files = ["assets/demo.safetensors", *(f"assets/samples/{file}" for file in sample_files())]
    results.write("demo", found, [*files, "tests/oracles.py"])


def check_demo(found: dict[str, Found], classes: int) -> None:
    assert list(found) == sample_files()
    for file, said in found.items():
        assert 0 < said["error"] < BOUND, (file, said["unit"])
        assert {head: len(values) for head, values in said["logits"].items()} == {
            "aux1": classes,
            "aux2": classes,
            "main": classes,
        }


def test_the_demos_stored_logits_are_its_own_now(demo: Network) -> None:
    stored = found("demo")
    check_demo(stored, len(demo.classes))
    trace = demo.trace(paths.asset("samples/hedgehog.jpg"))
    for head, values in stored["hedgehog.jpg"]["logits"].items():
        largest = max(map(abs, values))
        assert trace.logits[head] == pytest.approx(values, abs=AGAIN * largest), head
