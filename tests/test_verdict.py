"""The verdict on heads and inputs: the demo's real weights, spoilt in known ways.

The references are torchvision's own class and initialisers, torch's flop counter, and
permutations counted one by one.
"""

from __future__ import annotations

import hashlib
import itertools
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from caffe_files import caffemodel, googlenet, random_blobs
from oracles import torchvision_net
from tensorflow_files import graph
from tensorflow_files import weights as fiveh_weights
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode
from torchvision.models import GoogLeNet as TorchvisionGoogLeNet

from inception_viewer import paths, samples
from inception_viewer.analysis import answer
from inception_viewer.checkpoints import conventions, own, verdict
from inception_viewer.checkpoints.catalogue import PUBLISHED
from inception_viewer.checkpoints.conventions import KNOWN, adapted, candidates, channels
from inception_viewer.checkpoints.head_evidence import from_weights, information, judge, relation
from inception_viewer.checkpoints.initialisers import strongest_direction, untouched
from inception_viewer.checkpoints.read import read_checkpoint
from inception_viewer.checkpoints.torchvision_dialect import theirs
from inception_viewer.checkpoints.verdict import Case, open_case, with_heads
from inception_viewer.checkpoints.weights import Weights, fingerprint
from inception_viewer.errors import CheckpointError
from inception_viewer.googlenet import variants
from inception_viewer.googlenet.architecture import GoogLeNet, empty, fold
from inception_viewer.images.preprocess import normalise
from inception_viewer.lab import Lab
from inception_viewer.questions import ImageSource, Preprocessing, Scene
from inception_viewer.verdict_questions import Convention, Judge, Suggestion, Sureness, Verdict

TRAINED = {"aux1": "trained", "aux2": "trained", "main": "trained"}


class Silent:
    lane = "jobs"

    def __call__(self, fraction: float, answer: object = None, text: str = "") -> None:
        assert 0 <= fraction <= 1


@pytest.fixture(scope="module")
def demo() -> Weights:
    return read_checkpoint(paths.asset("demo.safetensors"))


@pytest.fixture(scope="module")
def demo_answers(demo: Weights) -> Mapping[str, np.ndarray]:
    return answers(demo)


def answers(weights: Weights) -> Mapping[str, np.ndarray]:
    made = weights.preprocessing
    return samples.answers(fold(weights.network()), samples.pictures(made), made)


def changed(weights: Weights, change: Mapping[str, Tensor]) -> Weights:
    return replace(weights, state={**weights.state, **change})


def head_of(weights: Weights, head: str) -> dict[str, Tensor]:
    return {name: t for name, t in weights.state.items() if name.split(".")[0] == head}


def states(weights: Weights, said: Mapping[str, np.ndarray] | None = None) -> dict[str, str]:
    return {one.head: one.state for one in judge(from_weights(weights), said)}


def noise(tensor: Tensor, seed: int) -> Tensor:
    """Normal numbers with a tensor's mean and standard deviation; of its sign, if it has one."""
    made = torch.randn(tensor.shape, generator=torch.Generator().manual_seed(seed))
    made = made * tensor.std() + tensor.mean()
    return made.abs() if bool((tensor > 0).all()) else made


def shuffled(tensor: Tensor, seed: int) -> Tensor:
    """The very same numbers in another order."""
    order = torch.randperm(tensor.numel(), generator=torch.Generator().manual_seed(seed))
    return tensor.flatten()[order].reshape(tensor.shape)


def spoilt(
    weights: Weights, heads: tuple[str, ...], how: Callable[[Tensor, int], Tensor]
) -> Weights:
    parts = [head_of(weights, "fc" if head == "main" else head) for head in heads]
    tensors = {name: tensor for part in parts for name, tensor in part.items()}
    return changed(weights, {name: how(t, seed) for seed, (name, t) in enumerate(tensors.items())})


def torchvision_heads(classes: int, *, init_weights: bool) -> dict[str, Tensor]:
    """Heads as torchvision itself initialises them, by our names."""
    torch.manual_seed(1)
    net = TorchvisionGoogLeNet(num_classes=classes, aux_logits=True, init_weights=init_weights)
    fresh = {}
    for name in (n for n in net.state_dict() if n.startswith("aux") and "tracked" not in n):
        ours = re.sub(r"\.(fc[12])\.", r".\1.linear.", name)
        fresh[ours] = net.state_dict()[name]
    return fresh


# --- heads: the weights ------------------------------------------------------------------


def test_the_demos_heads_are_trained_by_all_witnesses(
    demo: Weights, demo_answers: Mapping[str, np.ndarray]
) -> None:
    assert states(demo) == TRAINED
    found = from_weights(demo)
    assert all(one.learned and not one.random for one in found.values())
    for one in judge(found, demo_answers):
        assert one.state == "trained"
        assert one.entropy is not None
        assert 0 < one.entropy < math.log(101)
        if one.head != "main":
            assert one.same is not None
            assert one.same >= 9
            assert one.above_chance is not None
            assert one.above_chance > 15


@pytest.mark.parametrize("init_weights", [True, False])
@pytest.mark.filterwarnings("ignore:The default weight initialization:FutureWarning")
def test_a_network_fresh_from_torchvision_is_untrained(init_weights: bool, tmp_path: Path) -> None:
    torch.manual_seed(0)
    net = TorchvisionGoogLeNet(num_classes=10, aux_logits=True, init_weights=init_weights)
    torch.save(net.state_dict(), tmp_path / "fresh.pth")
    weights = read_checkpoint(tmp_path / "fresh.pth")
    found = from_weights(weights)
    assert all(one.random and not one.learned for one in found.values())
    assert set(states(weights).values()) == {"untrained"}
    origin = "torchvision's" if init_weights else "PyTorch's nn.Linear"
    assert f"Its classifier still is as it was initialised: {origin}." in found["main"].evidence


@pytest.mark.parametrize("init_weights", [True, False])
@pytest.mark.filterwarnings("ignore:The default weight initialization:FutureWarning")
def test_fresh_heads_on_a_trained_trunk(demo: Weights, init_weights: bool) -> None:
    weights = changed(demo, torchvision_heads(101, init_weights=init_weights))
    assert states(weights) == {"aux1": "untrained", "aux2": "untrained", "main": "trained"}
    (batch_norm, classifier) = from_weights(weights)["aux2"].evidence
    assert batch_norm.startswith("Its batch norm has the weight 1 and the bias 0 in all 128")
    assert "as it was initialised" in classifier
    # The photos agree, though nobody needs to ask them.
    judged = {one.head: one for one in judge(from_weights(weights), answers(weights))}
    assert {head: one.state for head, one in judged.items()} == states(weights)
    assert all(abs(judged[head].above_chance or 0) < 4 for head in ("aux1", "aux2"))


def test_weight_decay_without_a_loss_is_no_training(demo: Weights) -> None:
    """SGD with ``zero_grad(set_to_none=False)`` shrinks what no loss reaches."""
    fresh = {name: 0.97 * t for name, t in torchvision_heads(101, init_weights=False).items()}
    assert states(changed(demo, fresh))["aux1"] == "untrained"


@pytest.mark.parametrize(
    "initialise",
    [
        lambda w: nn.init.xavier_uniform_(w),
        lambda w: nn.init.xavier_normal_(w),
        lambda w: nn.init.kaiming_uniform_(w, nonlinearity="relu"),
        lambda w: nn.init.kaiming_normal_(w, nonlinearity="relu"),
        lambda w: nn.init.trunc_normal_(w, 0, 0.01, -0.02, 0.02),
        lambda w: nn.init.normal_(w, std=0.01),
        lambda w: nn.init.uniform_(w, -math.sqrt(3 / w.shape[1]), math.sqrt(3 / w.shape[1])),
        lambda w: nn.init.zeros_(w),
    ],
    ids=["xavier_u", "xavier_n", "kaiming_u", "kaiming_n", "truncated", "normal", "caffe", "zero"],
)
@pytest.mark.parametrize("classes", [2, 10, 365])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_initialisers_are_known_again(
    initialise: Callable[[Tensor], Tensor], classes: int, dtype: torch.dtype
) -> None:
    torch.manual_seed(classes)
    weight = initialise(torch.empty(classes, 1024)).to(dtype).float()
    assert untouched(weight, torch.zeros(classes))
    assert untouched(weight, torch.full((classes,), 0.2))
    if bool(weight.any()):
        assert not untouched(weight, torch.randn(classes) * 0.2)
        assert not untouched(1.3 * weight, torch.zeros(classes))


def test_a_few_steps_of_training_are_seen(demo: Weights) -> None:
    """A fresh classifier, 20 steps of Adam on what the demo's own head sees of 12 photos."""
    net, made = demo.network(), demo.preprocessing
    kept: list[Tensor] = []
    dense = net.by_name["aux1/fc1"].module
    assert dense is not None
    hook = dense.register_forward_hook(lambda _m, _i, out: kept.append(out.detach()))
    said = samples.answers(net, samples.pictures(made), made)
    hook.remove()
    hidden, target = torch.cat(kept).clone(), torch.tensor(said["main"]).softmax(1)
    torch.manual_seed(0)
    fresh = nn.Linear(1024, 101)
    names = ("aux1.fc2.linear.weight", "aux1.fc2.linear.bias")
    before = (fresh.weight.detach().clone(), fresh.bias.detach().clone())
    assert states(changed(demo, dict(zip(names, before, strict=True))))["aux1"] == "untrained"
    optimizer = torch.optim.Adam(fresh.parameters(), 1e-3)
    for _ in range(20):
        loss = -(target * fresh(hidden).log_softmax(1)).sum(1).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    after = (fresh.weight.detach(), fresh.bias.detach())
    weights = changed(demo, dict(zip(names, after, strict=True)))
    assert not from_weights(weights)["aux1"].random
    assert states(weights, answers(weights)) == TRAINED


def test_strongest_direction_is_the_largest_singular_value() -> None:
    generator = torch.Generator().manual_seed(3)
    matrix = torch.randn(40, 300, generator=generator)
    expected = math.sqrt(40) + math.sqrt(300)
    assert strongest_direction(matrix) < 1.02
    strong = matrix + 2.0 * torch.outer(torch.ones(40), torch.linspace(-1, 1, 300))
    centred = strong - strong.mean()
    top = float(torch.linalg.svdvals(centred)[0]) / float(centred.square().mean().sqrt())
    assert strongest_direction(strong) == pytest.approx(top / expected, rel=1e-4)
    assert strongest_direction(torch.zeros(3, 4)) == 0


# --- heads: the photos -------------------------------------------------------------------


@pytest.mark.parametrize("how", [noise, shuffled], ids=["noise", "shuffled"])
def test_noise_of_the_same_statistics_is_caught_by_the_photos(
    demo: Weights, how: Callable[[Tensor, int], Tensor]
) -> None:
    weights = spoilt(demo, ("aux1", "aux2"), how)
    assert states(weights) == TRAINED  # the weights alone do not tell
    assert open_case(weights, "").undecided
    judged = {one.head: one for one in judge(from_weights(weights), answers(weights))}
    assert {head: one.state for head, one in judged.items()} == {
        "aux1": "untrained",
        "aux2": "untrained",
        "main": "trained",
    }
    assert "have nothing to do with the main head's" in judged["aux1"].evidence[0]


def test_one_head_of_noise_does_not_harm_the_others(demo: Weights) -> None:
    for head in ("aux1", "main"):
        weights = spoilt(demo, (head,), noise)
        assert states(weights, answers(weights)) == {**TRAINED, head: "untrained"}


def test_classes_in_another_order_are_noise(demo: Weights) -> None:
    """Trained weights whose outputs stand for other classes say nothing of these."""
    order = torch.randperm(101, generator=torch.Generator().manual_seed(0))
    named = [f"aux2.fc2.linear.{leaf}" for leaf in ("weight", "bias")]
    weights = changed(demo, {name: demo.state[name][order] for name in named})
    assert states(weights, answers(weights)) == {**TRAINED, "aux2": "untrained"}


def test_a_new_classifier_on_the_trunk_is_untrained_and_the_others_stay(demo: Weights) -> None:
    torch.manual_seed(0)
    fresh = nn.Linear(1024, 101)
    new = {"fc.linear.weight": fresh.weight.data, "fc.linear.bias": fresh.bias.data}
    weights = changed(demo, new)
    expected = {**TRAINED, "main": "untrained"}
    assert states(weights) == expected
    assert states(weights, answers(weights)) == expected


def test_a_frozen_batch_norm_is_no_proof(demo: Weights) -> None:
    """Batch norm at 1 and 0, its scale moved into the convolution: the head knows what it knew."""
    norm = {leaf: demo.state[f"aux1.conv.bn.{leaf}"] for leaf in ("weight", "bias", "running_var")}
    idle = {
        "aux1.conv.bn.weight": torch.ones(128),
        "aux1.conv.bn.bias": torch.zeros(128),
        "aux1.conv.bn.running_var": norm["running_var"],
    }
    weights = replace(changed(demo, idle), heads={**TRAINED, "aux1": "untrained"})
    assert states(weights, answers(weights))["aux1"] == "trained"


def cut_down(weights: Weights, keep: Tensor) -> Weights:
    """The network as one of few of its classes."""
    named = [n for n in weights.state if re.match(r"(fc|aux\d\.fc2)\.linear\.", n)]
    return replace(
        changed(weights, {name: weights.state[name][keep] for name in named}),
        variant=replace(weights.variant, classes=len(keep)),
        classes=tuple(weights.classes[int(index)] for index in keep),
    )


@pytest.mark.parametrize("count", [2, 8, 15, 30])
def test_classes_that_no_photo_shows_accuse_nobody(
    demo: Weights, demo_answers: Mapping[str, np.ndarray], count: int
) -> None:
    shown = {int(top) for logits in demo_answers.values() for top in logits.argmax(1)}
    rest = [index for index in range(101) if index not in shown]
    for seed in range(6):
        keep = torch.from_numpy(np.random.default_rng(seed).choice(rest, count, replace=False))
        few = cut_down(demo, keep)
        said = {head: logits[:, keep.numpy()] for head, logits in demo_answers.items()}
        assert states(few, said) == TRAINED


def test_a_main_head_that_sees_nothing_is_no_witness(demo: Weights) -> None:
    """Under a range a hundred times too large all heads answer nonsense; none is accused."""
    made = Preprocessing(resize="squeeze", scale=1.0, mean=(117.0,) * 3, std=(1.0,) * 3)
    said = samples.answers(fold(demo.network()), samples.pictures(made), made)
    assert float(information(said["main"]).mean()) < 0.3
    assert states(demo, said) == TRAINED


def test_chance_is_that_of_all_permutations() -> None:
    """Mean and deviation by counting all 40,320 permutations of eight classes."""
    random = np.random.default_rng(0)
    one, other = random.normal(size=(2, 6, 8)).astype(np.float32)
    logs = [torch.from_numpy(x).double().log_softmax(1).numpy() for x in (one, other)]
    a, b = (x - x.mean(0) for x in logs)
    orders = np.array(list(itertools.permutations(range(8))))
    sums = np.zeros(len(orders))
    for photo in range(6):
        sums += (a[photo][orders] * b[photo]).sum(1)
    given = (a * b).sum()
    found = relation(one, other)
    assert found.deviations == pytest.approx((given - sums.mean()) / sums.std(), rel=1e-6)
    assert (sums >= given).mean() > 0.01
    assert found.agree is False
    assert relation(one, one).agree is True
    assert relation(one[:, :7], other[:, :7]).agree is None
    assert relation(one, np.zeros_like(one)).agree is None


def test_heads_that_know_nothing_are_at_chance() -> None:
    random = np.random.default_rng(1)
    for classes in (10, 40, 1000):
        found = [
            relation(*random.normal(size=(2, 12, classes)).astype(np.float32)) for _ in range(20)
        ]
        assert all(abs(one.deviations or 9) < 4 for one in found)
        assert sum(one.agree is not False for one in found) <= 1


# --- the whole verdict -------------------------------------------------------------------


def test_parameters_and_multiply_adds_are_torchvisions(tmp_path: Path) -> None:
    """Against torchvision's own class, counted by torch's flop counter."""
    peer = torchvision_net(12, transform_input=False)
    torch.save(peer.state_dict(), tmp_path / "twelve.pth")
    weights = read_checkpoint(tmp_path / "twelve.pth")
    said = verdict.verdict(open_case(weights, "", tmp_path / "twelve.pth"))
    assert said.parameters == sum(parameter.numel() for parameter in peer.parameters())
    x = torch.zeros(1, 3, 224, 224)
    with torch.no_grad(), FlopCounterMode(display=False) as main:
        peer.eval()(x)
    assert said.multiply_adds_main == main.get_total_flops() // 2
    with torch.no_grad(), FlopCounterMode(display=False) as whole:
        peer.train()(x.repeat(2, 1, 1, 1))
    peer.eval()
    assert said.multiply_adds == whole.get_total_flops() // 4
    assert said.sha256 == hashlib.sha256((tmp_path / "twelve.pth").read_bytes()).hexdigest()
    assert (said.family, said.kernel_5x5, said.normalisation) == ("torchvision", 3, "batch_norm")


def test_a_published_file_is_known_by_its_bytes(
    demo: Weights, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "net.bin"
    path.write_bytes(b"weights" * 100)
    digest = f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"
    entry = replace(PUBLISHED[0], digest=digest, size=700)
    monkeypatch.setattr(verdict, "PUBLISHED", (entry,))
    case = open_case(demo, "", path)
    assert case.published == entry
    assert not case.undecided
    assert {one.head: one.state for one in case.heads()} == {
        "aux1": "untrained",
        "aux2": "untrained",
        "main": "trained",
    }
    assert case.heads()[0].evidence[0].startswith("Known: ")
    path.write_bytes(b"Weights" * 100)
    assert open_case(demo, "", path).published is None


def test_the_digest_in_a_name_is_checked(demo: Weights, tmp_path: Path) -> None:
    data = b"something"
    right = hashlib.sha256(data).hexdigest()[:8]
    for name, warned in ((f"net-{right}.pth", False), ("net-0badc0de.pth", True)):
        (tmp_path / name).write_bytes(data)
        said = verdict.verdict(open_case(demo, "", tmp_path / name))
        assert any("it was changed, renamed or damaged" in w for w in said.warnings) is warned


def test_warnings_follow_the_verdict(demo: Weights) -> None:
    wrong = ("Never trained: aux1, aux2; what they say means nothing.", "Something else.")
    case = open_case(replace(demo, warnings=wrong), "")
    assert with_heads(case.weights, case.heads()).warnings == ("Something else.",)
    spoiled = changed(demo, {"aux2.fc2.linear.weight": torch.zeros(101, 1024)})
    found = with_heads(spoiled, open_case(spoiled, "").heads())
    assert found.warnings == ("Never trained: aux2; what they say means nothing.",)
    assert found.heads["aux2"] == "untrained"


def test_where_class_names_come_from(demo: Weights, tmp_path: Path) -> None:
    assert verdict.class_source(demo, None) == "the file itself"
    plain = replace(demo, evidence=())
    beside = tmp_path / "net.txt"
    beside.write_text("\n".join(demo.classes))
    assert verdict.class_source(plain, tmp_path / "net.pth") == "net.txt, beside the file"
    said = replace(plain, metadata={"classes": str(list(demo.classes)).replace("'", '"')})
    assert verdict.class_source(said, None) == "the file itself"
    numbered = replace(plain, classes=tuple(f"class {i}" for i in range(101)))
    assert verdict.class_source(numbered, None) == "nowhere: they are numbered"
    for count, words in ((1000, "ImageNet's 1000"), (1008, "Inception 5h's"), (365, "Places365")):
        usual = replace(plain, variant=replace(demo.variant, classes=count))
        assert verdict.class_source(usual, None).startswith(words)


def test_noise_is_untrained_wherever_it_is_shown(demo: Weights, tmp_path: Path) -> None:
    """A file of ours that calls its heads trained, opened by the lab: no view shows them so."""
    own.save(tmp_path / "noise.safetensors", spoilt(demo, ("aux1",), noise))
    lab = Lab()
    info = lab.open_checkpoint(tmp_path / "noise.safetensors")
    assert info.heads == {**TRAINED, "aux1": "untrained"}
    assert lab.truth(info.fingerprint).heads == info.heads
    assert "aux1 untrained" in info.verdict
    assert any("Never trained: aux1" in warning for warning in info.warnings)
    assert info.details is not None
    assert info.details.head("aux1").state == "untrained"
    said: Verdict = answer(Judge(info.fingerprint), lab, Silent())
    assert {one.head: one.state for one in said.heads} == info.heads
    assert said.suggestion is not None
    assert said.suggestion.better is None


def test_judging_is_asked_of_the_lab(photo: Path) -> None:
    lab = Lab()
    info = lab.open_checkpoint("demo")
    assert info.details is not None
    assert info.details.suggestion is None
    said: Verdict = answer(Judge(info.fingerprint), lab, Silent())
    assert said.phrase == info.verdict == "paper, true 5x5, batch norm, heads trained"
    assert said.fingerprint == info.fingerprint
    assert said.suggestion is not None
    assert said.suggestion.own.preprocessing == info.preprocessing
    assert said.suggestion.photos == 12
    image = lab.open_image(ImageSource(path=str(photo)))
    scene = Scene(info.fingerprint, image.id, said.suggestion.ranked[-1].preprocessing)
    assert lab.trace(scene).logits["main"].shape == (101,)  # any of them can be put into a scene


# --- conventions -------------------------------------------------------------------------


def received(convention: Convention, picture: np.ndarray) -> Tensor:
    """What conv1 receives, through the program's own preprocessing and network."""
    net = empty(variants.torchvision(12, transform_input=convention.transform_input))
    x = torch.tensor(normalise(picture, convention.preprocessing))
    return net.transform(x[None])[0]


ALL = [*KNOWN, Convention("turned", Preprocessing(), True)]


@pytest.mark.parametrize("convention", ALL, ids=[one.name for one in ALL])
def test_conventions_are_the_numbers_that_conv1_receives(convention: Convention) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (8, 9, 3), np.uint8)
    order, factor, offset = channels(convention)
    expected = picture[:, :, ::-1] if order == "BGR" else picture
    by_hand = (expected * factor + offset).transpose(2, 0, 1)
    np.testing.assert_allclose(received(convention, picture), by_hand, rtol=1e-5, atol=1e-4)
    for flag in (False, True):  # the same through a network with or without the flag
        same = Convention("", adapted(convention, flag), flag)
        np.testing.assert_allclose(received(same, picture), by_hand, rtol=1e-5, atol=1e-4)


def test_the_families_published_numbers() -> None:
    """A black and a white pixel, by the formulas of each family's own documentation."""
    ends = {one.name: [channels(one)[1] * v + channels(one)[2] for v in (0, 255)] for one in KNOWN}
    mean, std = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    expected = [
        (-mean / std, (1 - mean) / std),
        (-np.ones(3), np.ones(3)),
        (np.zeros(3), np.ones(3)),
        (np.full(3, -117), np.full(3, 138)),
        (np.array([-104, -117, -123]), np.array([151, 138, 132])),
    ]
    for (black, white), (low, high) in zip(ends.values(), expected, strict=True):
        np.testing.assert_allclose(black, low, atol=1e-12)
        np.testing.assert_allclose(white, high, atol=1e-12)
    turned = Convention("", Preprocessing(), transform_input=True)
    assert conventions.same_range(turned, KNOWN[1])
    assert conventions.name_of(Preprocessing(), True).startswith("-1 to 1, RGB; shorter side 256")
    assert not conventions.same_range(Convention("", Preprocessing()), KNOWN[1])


@pytest.mark.parametrize("own_convention", ALL, ids=[one.name for one in ALL])
def test_candidates_are_all_different_and_cut_alike(own_convention: Convention) -> None:
    made = replace(own_convention.preprocessing, height=192, width=160, short_side=200)
    tried = candidates(replace(own_convention, preprocessing=made))
    assert tried[0].preprocessing == made
    assert len(tried) == 7
    assert len({one.name for one in tried}) == 7
    pairs = itertools.combinations(tried[:-1], 2)
    assert not any(conventions.same_range(one, other) for one, other in pairs)
    assert {(one.preprocessing.height, one.preprocessing.width) for one in tried} == {(192, 160)}
    assert {one.preprocessing.resize for one in tried[:-1]} == {"short_side"}
    assert tried[-1].preprocessing.resize == "squeeze"
    assert conventions.same_range(tried[-1], tried[0])


def test_information_is_the_mutual_information() -> None:
    logits = np.random.default_rng(0).normal(size=(12, 30)).astype(np.float32) * 3
    values = torch.from_numpy(logits).double().softmax(1)
    entropy = torch.distributions.Categorical(probs=values.mean(0)).entropy()
    mean = torch.distributions.Categorical(probs=values).entropy().mean()
    assert float(information(logits).mean()) == pytest.approx(float(entropy - mean), rel=1e-9)


def wanting(weights: Weights, wanted: Convention) -> tuple[Weights, Convention]:
    """A network that answers under ``wanted`` as the demo does under its own convention.

    Its conv1 undoes the difference, so that batch norm's record fits the new numbers too.
    """
    cut = weights.preprocessing
    made = replace(wanted.preprocessing, resize=cut.resize, short_side=cut.short_side)
    target = Convention("wanted", made)
    old = channels(Convention("", cut, weights.variant.transform_input))
    new = channels(target)
    ratio = old[1] / (new[1][::-1] if new[0] == "BGR" else new[1])
    shift = old[2] - ratio * (new[2][::-1] if new[0] == "BGR" else new[2])
    kernels = weights.state["conv1.conv.weight"]
    per_colour = torch.from_numpy(ratio).float().view(1, 3, 1, 1)
    lost = torch.einsum("kchw,c->k", kernels.double(), torch.from_numpy(shift)).float()
    changed_kernels = kernels * per_colour
    if new[0] == "BGR":
        changed_kernels = changed_kernels.flip(1)
    mean = weights.state["conv1.bn.running_mean"] - lost
    change = {"conv1.conv.weight": changed_kernels.contiguous(), "conv1.bn.running_mean": mean}
    return replace(changed(weights, change), preprocessing=made), target


def suggested(weights: Weights, own_convention: Convention, *, batch_norm: bool) -> Suggestion:
    net: GoogLeNet = fold(weights.network())
    record = weights.state if batch_norm else None
    found = samples.suggest(net, own_convention, tuple(TRAINED), record)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("place", "other", "batch_norm"),
    [(2, 3, True), (4, 0, False)],
    ids=["unit, with batch norm", "caffe, without"],
)
def test_a_right_convention_is_never_accused_and_a_wrong_one_is(
    demo: Weights, place: int, other: int, batch_norm: bool
) -> None:
    weights, right = wanting(demo, KNOWN[place])
    found = suggested(weights, right, batch_norm=batch_norm)
    assert found.better is None
    assert found.ranked[0].information == pytest.approx(found.own.information, abs=0.1)
    wrong = Convention("wrong", replace(right.preprocessing, **values_of(KNOWN[other])))
    accused = suggested(weights, wrong, batch_norm=batch_norm)
    assert accused.better is not None
    assert conventions.same_range(accused.better.convention, right)
    assert accused.sentence.startswith("12 sample photos speak for another input")


def values_of(convention: Convention) -> dict[str, object]:
    made = convention.preprocessing
    return {"channels": made.channels, "scale": made.scale, "mean": made.mean, "std": made.std}


@pytest.mark.slow
@pytest.mark.parametrize("place", range(len(KNOWN)), ids=[one.name for one in KNOWN])
@pytest.mark.parametrize("batch_norm", [True, False], ids=["batch_norm", "none"])
def test_every_convention_against_every_other(demo: Weights, place: int, batch_norm: bool) -> None:
    weights, right = wanting(demo, KNOWN[place])
    for other in KNOWN:
        tried = Convention("tried", replace(right.preprocessing, **values_of(other)))
        found = suggested(weights, tried, batch_norm=batch_norm)
        if conventions.same_range(tried, right):
            assert found.better is None
        elif found.better is not None:
            assert conventions.same_range(found.better.convention, right)


def test_sure_answers_that_are_the_same_for_all_photos_do_not_count() -> None:
    random = np.random.default_rng(0)
    said = random.normal(size=(12, 50)).astype(np.float32)
    stuck = np.zeros((12, 50), np.float32)
    stuck[:, 7] = 9.0
    given = [measured(said), measured(stuck)]
    assert given[1].top > 0.9 > given[0].top
    assert conventions.suggestion(given, [said, stuck]).better is None
    distinct = np.zeros((12, 50), np.float32)
    distinct[np.arange(12), np.arange(12)] = 9.0
    given[1] = measured(distinct)
    assert conventions.suggestion(given, [said, distinct]).better == given[1]


def measured(logits: np.ndarray) -> Sureness:
    values = torch.from_numpy(logits).double().softmax(1)
    return Sureness(
        Convention(f"top {float(values.max()):.3f}", Preprocessing()),
        Preprocessing(),
        top=float(values.max(1).values.mean()),
        entropy=float(torch.distributions.Categorical(probs=values).entropy().mean()),
        information=float(information(logits).mean()),
    )


# --- save as -----------------------------------------------------------------------------


def of_every_dialect(dialect: str, demo: Weights, folder: Path) -> Weights:
    if dialect == "torchvision":
        path = folder / "net.pth"
        torch.save({theirs(name): tensor for name, tensor in demo.state.items()}, path)
    elif dialect == "caffe":
        layers = googlenet(12)
        path = folder / "net.caffemodel"
        path.write_bytes(caffemodel(layers, random_blobs(layers)))
    elif dialect == "5h":
        path = folder / "net.pb"
        path.write_bytes(graph(fiveh_weights(0)))
    else:
        return demo
    return read_checkpoint(path)


@pytest.mark.parametrize("dialect", ["ours", "torchvision", "caffe", "5h"])
def test_any_checkpoint_can_be_saved_as_one_of_ours(
    dialect: str, demo: Weights, tmp_path: Path
) -> None:
    weights = of_every_dialect(dialect, demo, tmp_path)
    path = tmp_path / "saved.safetensors"
    own.save_as(weights, path, source="net.pb")
    again = read_checkpoint(path)
    assert fingerprint(again) == fingerprint(weights)
    assert again.variant == weights.variant
    assert again.family == weights.family
    assert again.classes == weights.classes
    assert again.preprocessing == weights.preprocessing
    assert again.heads == weights.heads
    assert again.metadata["made_from"] == "net.pb"
    assert not list(tmp_path.glob("*.part"))


def test_what_was_chosen_is_saved(demo: Weights, tmp_path: Path) -> None:
    path = tmp_path / "chosen.safetensors"
    names = [f"thing {index}" for index in range(101)]
    made = Preprocessing(channels="BGR", scale=1.0, mean=(104.0, 117.0, 123.0), std=(1.0, 1.0, 1.0))
    own.save_as(
        demo, path, preprocessing=made, transform_input=True, classes=names, dtype="float16"
    )
    again = read_checkpoint(path)
    assert again.preprocessing == made
    assert again.variant == replace(demo.variant, transform_input=True)
    assert again.classes == tuple(names)
    assert all(torch.equal(again.state[name], demo.state[name]) for name in demo.state)
    assert again.metadata["licence"] == demo.metadata["licence"]
    before = path.read_bytes()
    with pytest.raises(CheckpointError, match=r"There are 3 class names, but the network has 101"):
        own.save_as(demo, path, classes=names[:3])
    assert path.read_bytes() == before


def test_a_case_without_a_file(demo: Weights, tmp_path: Path) -> None:
    case: Case = open_case(demo, "f" * 64, tmp_path / "gone.pth")
    assert (case.path, case.sha256, case.published) == (None, "", None)
    assert verdict.verdict(case).sha256 == ""


@pytest.mark.parametrize(
    "made",
    [
        Preprocessing(height=8, width=8, resize="squeeze"),
        Preprocessing(height=100_000, width=100_000, resize="squeeze"),
        Preprocessing(scale=1e38, mean=(0.0, 0.0, 0.0), std=(1e-3, 1e-3, 1e-3)),
    ],
    ids=["small", "large", "not a number"],
)
@pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning")
def test_an_impossible_input_calls_no_witness(demo: Weights, made: Preprocessing) -> None:
    net = fold(demo.network())
    assert samples.answers(net, samples.pictures(made), made) == {}
    assert samples.suggest(net, Convention("odd", made), tuple(TRAINED), demo.state) is None


def test_samples_that_are_missing_leave_the_weights_as_witness(
    demo: Weights, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    samples._pictures.cache_clear()
    monkeypatch.setattr(paths, "asset_folders", lambda: (tmp_path,))
    assert samples.pictures(demo.preprocessing) == ()
    assert states(demo, answers(demo) or None) == TRAINED
    samples._pictures.cache_clear()
