"""TCAV against Captum's, finite differences, a linear head, and SciPy's test."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import scipy.stats
import torch
from captum.concept import TCAV, Classifier
from captum.concept import Concept as CaptumConcept
from PIL import Image
from test_attribution import tiny_net
from torch import nn
from torch.utils.data import DataLoader

import inception_viewer as iv
from inception_viewer.analysis import answer
from inception_viewer.analysis.attribution.score import logit
from inception_viewer.analysis.concepts import directions, reading, significance
from inception_viewer.concept_questions import Concept, ConceptResult, TestConcepts, spread
from inception_viewer.errors import QuestionError
from inception_viewer.googlenet.architecture import INPUT
from inception_viewer.images.preprocess import prepare
from inception_viewer.lab import Lab
from inception_viewer.questions import Preprocessing
from inception_viewer.runner import Cancel

SIDE = 64
SMALL = Preprocessing(SIDE, SIDE, short_side=SIDE)
rng = np.random.default_rng


def noise(generator):
    """Random pixels under a blur of its own: a photo of nothing."""
    coarse = generator.integers(0, 256, (8, 8, 3), np.uint8)
    return np.asarray(Image.fromarray(coarse).resize((SIDE, SIDE), Image.Resampling.BICUBIC))


def striped(generator):
    """The same with strong upright stripes."""
    wave = 90 * np.sign(np.sin(np.arange(SIDE) * generator.uniform(0.8, 1.2)))
    return np.clip(0.5 * noise(generator) + 64 + wave[None, :, None], 0, 255).astype(np.uint8)


def folder(path, make, count, seed):
    path.mkdir()
    generator = rng(seed)
    for number in range(count):
        Image.fromarray(make(generator)).save(path / f"{number}.png")
    return path


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    root = tmp_path_factory.mktemp("concepts")
    return {
        "striped": folder(root / "striped", striped, 24, 0),
        "random": folder(root / "random", noise, 60, 1),
        "more": folder(root / "more", noise, 24, 2),
        "class": folder(root / "class", striped, 11, 3),
        "few": folder(root / "few", noise, 3, 4),
    }


@pytest.fixture(scope="module")
def lab(checkpoint):
    lab = Lab()
    lab.open_checkpoint(checkpoint)
    return lab


@pytest.fixture(scope="module")
def question(lab, folders):
    return TestConcepts(
        next(iter(lab._infos)),
        "inception4a",
        "main",
        3,
        (Concept("striped", str(folders["striped"])), Concept("none", str(folders["more"]))),
        str(folders["random"]),
        str(folders["class"]),
        runs=6,
        preprocessing=SMALL,
    )


class Telling:
    lane = "live"

    def __init__(self, stop_at=None):
        self.seen, self.stop_at = [], stop_at

    def __call__(self, fraction, answer=None, text=""):
        self.seen.append((fraction, answer, text))
        if len(self.seen) == self.stop_at:
            raise Cancel


def arrays(path):
    """What the network receives for a folder's photos, in natural order."""
    files = sorted(path.iterdir(), key=lambda file: int(file.stem))
    made = [prepare(np.asarray(Image.open(file)), SMALL).array for file in files]
    return torch.from_numpy(np.stack(made)), files


def quiet(done):
    pass


# --- descriptions ----------------------------------------------------------------------------


def test_the_questions_need_neither_torch_nor_qt():
    code = (
        "import sys, inception_viewer.concept_questions;"
        "print([n for n in ('torch', 'captum', 'PySide6', 'sklearn') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_spread_is_the_samples_standard_deviation():
    assert spread((0.2, 0.5, 0.9)) == pytest.approx(np.std([0.2, 0.5, 0.9], ddof=1))
    assert np.isnan(spread((0.2,)))


# --- slopes and activations ------------------------------------------------------------------


@pytest.mark.parametrize("unit", ["inception4a/3x3", "conv2", "inception5b", "avgpool"])
def test_slopes_are_what_a_small_step_does(unit, folders):
    net = tiny_net()
    x = arrays(folders["class"])[0][:2].double()
    score = logit(net, "main", 2)
    found = reading._gradient(net, x, unit, score)
    slopes = found.sum((2, 3)) if found.dim() == 4 else found
    assert slopes.abs().max() > 0
    vector = torch.from_numpy(rng(0).normal(size=slopes.shape[1]))
    vector /= vector.norm()
    step = 1e-6

    def moved(by):
        def edit(name, value):
            return value + by * vector.view(1, -1, 1, 1) if name == unit else value

        return score.read(net.run({INPUT: x}, ["fc"], edit)["fc"])

    expected = (moved(step) - moved(-step)) / (2 * step)
    assert (slopes.flatten(1) @ vector).numpy() == pytest.approx(
        expected.numpy(), rel=1e-4, abs=1e-7
    )


def test_photos_of_a_folder_are_averaged_over_the_map(lab, question, folders):
    net = lab.network(question.checkpoint)
    x, files = arrays(folders["class"])
    done = []
    found = reading.activations(net, files, SMALL, "inception4a/3x3", done.append)
    expected = net.run({INPUT: net.transform(x)}, ["inception4a/3x3"])["inception4a/3x3"]
    assert found.values == pytest.approx(expected.mean((2, 3)).numpy(), abs=1e-4)
    assert done[-1] == len(files) == 11
    whole = reading.activations(net, files, SMALL, "aux1/fc1", quiet)
    expected = net.run({INPUT: net.transform(x)}, ["aux1/fc1"])["aux1/fc1"]
    assert whole.values == pytest.approx(expected.numpy(), abs=1e-4)


# --- directions ------------------------------------------------------------------------------


def logistic(here, there):
    """Balanced logistic regression with half the squared norm on channels of equal spread."""
    x = np.concatenate([here, there])
    scale = x.std(0)
    z = np.hstack([(x - x.mean(0)) / scale, np.ones((len(x), 1))])
    y = np.repeat([1.0, 0.0], [len(here), len(there)])
    each = np.where(y == 1, len(x) / 2 / len(here), len(x) / 2 / len(there))
    penalty = np.diag([1.0] * x.shape[1] + [0.0])
    w = np.zeros(z.shape[1])
    for _ in range(50):  # Newton's method
        p = 1 / (1 + np.exp(-z @ w))
        hessian = (z * (each * p * (1 - p))[:, None]).T @ z + penalty
        w -= np.linalg.solve(hessian, z.T @ (each * (p - y)) + penalty @ w)
    normal = w[:-1] / scale
    return normal / np.linalg.norm(normal)


def test_a_direction_is_logistic_regressions_normal():
    generator = rng(0)
    here = generator.normal(size=(30, 5)) * [1, 10, 0.1, 1, 3] + [1, 4, 0, 0, 1]
    there = generator.normal(size=(50, 5)) * [1, 10, 0.1, 1, 3]
    vector, offset = directions.separate(here, there)
    assert vector == pytest.approx(logistic(here, there), abs=1e-3)
    assert np.linalg.norm(vector) == pytest.approx(1)
    sides = [(values @ vector + offset > 0).mean() for values in (here, there)]
    assert sides[0] > 0.5 > sides[1]


def test_a_known_direction_is_found():
    # Two clouds that mirror each other along the first channel only.
    around = np.array([[0, 1, 0], [0, -1, 0], [0, 0, 2], [0, 0, -2.0]])
    here, there = around + np.eye(3)[0] * 3, around - np.eye(3)[0] * 3
    vector, offset = directions.separate(here, there)
    assert vector == pytest.approx([1, 0, 0], abs=1e-6)
    assert offset == pytest.approx(0, abs=1e-6)
    silent = np.hstack([here, np.ones((4, 1))]), np.hstack([there, np.ones((4, 1))])
    assert directions.separate(*silent)[0] == pytest.approx([1, 0, 0, 0], abs=1e-6)


def test_accuracy_is_of_examples_that_were_held_out():
    generator = rng(0)
    apart = generator.normal(size=(60, 4)) + 20, generator.normal(size=(90, 4))
    assert directions.direction(*apart, rng(1)).accuracy == 1
    # More channels than examples: any labels can be learnt by heart, and none foretold.
    alike = generator.normal(size=(40, 300)), generator.normal(size=(40, 300))
    by_heart, offset = directions.separate(*alike)
    assert (alike[0] @ by_heart + offset > 0).all()
    accuracies = [directions.direction(*alike, rng(seed)).accuracy for seed in range(10)]
    assert np.mean(accuracies) == pytest.approx(0.5, abs=0.12)


def test_the_score_is_the_share_that_rises():
    slopes = np.array([[1.0, 0], [2, -1], [-1, 3], [0, 5]])
    assert directions.tcav_score(slopes, np.array([1.0, 0])) == 0.5  # not rising is not rising
    assert directions.tcav_score(slopes, np.array([0.0, 1])) == 0.5
    assert directions.tcav_score(slopes, np.array([3.0, 1])) == 0.75 + 0.0


class OurClassifier(Classifier):
    """Captum's interface to our directions, on all examples of a run."""

    def __init__(self):
        pass

    def train_and_eval(self, dataloader, **kwargs):
        parts = list(dataloader)
        x = torch.cat([values for values, _ in parts]).double().numpy()
        labels = torch.cat([label for _, label in parts]).numpy()
        self.names = sorted({int(label) for label in labels})
        here, there = (x[labels == name] for name in self.names)
        self.vector = directions.separate(here, there)[0]
        return {}

    def weights(self):
        return torch.tensor(np.stack([self.vector, -self.vector]))

    def classes(self):
        return self.names


class Head(nn.Module):
    def __init__(self, net, head):
        super().__init__()
        self.net, self.head = net, head

    def forward(self, x):
        return self.net(x)[self.head]


@pytest.mark.filterwarnings("ignore:numpy.core is deprecated:DeprecationWarning")  # Captum's own
@pytest.mark.parametrize(("head", "unit"), [("aux1", "aux1/fc1"), ("main", "avgpool")])
def test_scores_equal_captums(head, unit, lab, question, folders, tmp_path):
    net = lab.network(question.checkpoint)
    read = {name: arrays(folders[name]) for name in ("striped", "random", "class")}

    def concept(number, name):
        return CaptumConcept(number, name, DataLoader(read[name][0], batch_size=16))

    pair = [concept(0, "striped"), concept(1, "random")]
    layer = "net." + unit.replace("/", ".")
    theirs = TCAV(Head(net, head), [layer], classifier=OurClassifier(), save_path=str(tmp_path))
    targets = range(12)
    expected = [
        float(theirs.interpret(read["class"][0], [pair], target=t)["0-1"][layer]["sign_count"][0])
        for t in targets
    ]
    assert len(set(expected)) > 1, "classes differ"
    here, there = (
        reading.activations(net, read[name][1], SMALL, unit, quiet).values
        for name in ("striped", "random")
    )
    vector = directions.separate(here, there)[0]
    for target in targets:
        score = logit(net, head, target)
        slopes = reading.slopes(net, read["class"][1], SMALL, unit, score, quiet).values
        assert directions.tcav_score(slopes, vector) == pytest.approx(expected[target], abs=1e-6)


# --- significance ----------------------------------------------------------------------------


def test_p_values_are_welchs():
    generator = rng(0)
    for count, shift in ((10, 0.0), (5, 0.1), (30, 0.4)):
        one = tuple(generator.random(count) + shift)
        other = tuple(generator.random(12) * 2)
        expected = scipy.stats.ttest_ind(one, other, equal_var=False).pvalue
        assert significance.p_value(one, other, 1) == pytest.approx(expected)
        assert significance.p_value(one, other, 4) == pytest.approx(min(1, 4 * expected))
    assert significance.p_value((1.0, 1.0), (0.0, 0.0), 3) == 0
    assert significance.p_value((1.0, 1.0), (1.0, 1.0), 3) == 1
    assert np.isnan(significance.p_value((1.0,), (0.0, 0.5), 1))


def test_what_is_said_of_a_concept():
    chance = (0.4, 0.5, 0.6)
    good = ConceptResult("striped", (0.9, 0.95, 1.0), 0.0004, 0.9, 50)

    def said(result):
        return significance.sentence(result, chance, "zebra", "inception4d")

    assert said(good) == (
        "Moving inception4d towards “striped” raises the logit of “zebra” on 95% (± 5%) of its "
        "photos, moving it in random directions on 50% (± 10%): the concept speaks for the class "
        "(p < 0.001)."
    )
    assert significance.note(good) == ""
    against = replace(good, scores=(0.0, 0.1, 0.2), p_value=0.012)
    assert said(against).endswith("the concept speaks against the class (p = 0.012).")
    assert said(replace(good, p_value=0.3)).endswith("that may be chance (p = 0.300).")
    vague = replace(good, accuracy=0.52, photos=9)
    assert said(vague).endswith("but the direction itself means nothing.")
    assert significance.note(vague).startswith("9 examples are few")
    assert "“striped” cannot be told from other photos (52%" in significance.note(vague)
    assert "with a single run" in said(replace(good, scores=(0.9,), p_value=np.nan))


# --- the whole way ---------------------------------------------------------------------------


def test_stripes_are_told_from_noise_and_noise_is_not(lab, question):
    progress = Telling()
    found = answer(question, lab, progress)
    stripes, none = found.concepts
    assert (stripes.name, stripes.photos, found.photos, found.random_photos) == (
        *("striped", 24, 11, 60),
    )
    assert stripes.accuracy > 0.9
    assert none.accuracy < 0.7
    assert len(stripes.scores) == len(found.random_scores) == 6
    assert all(0 <= score <= 1 for score in (*stripes.scores, *found.random_scores))
    expected = scipy.stats.ttest_ind(stripes.scores, found.random_scores, equal_var=False).pvalue
    if np.isfinite(expected):
        assert stripes.p_value == pytest.approx(min(1, 2 * expected))
    assert found.target_name == "thing d"
    assert found.provenance.preprocessing == SMALL
    fractions = [fraction for fraction, _, _ in progress.seen]
    assert fractions == sorted(fractions)
    assert 0 <= fractions[0] < fractions[-1] < 1
    partials = [partial for _, partial, _ in progress.seen if partial]
    assert [len(partial.random_scores) for partial in partials] == [1, 2, 3, 4, 5]
    assert all(partial.partial for partial in partials)
    assert partials[2].concepts[0].scores == stripes.scores[:3]

    again = answer(question, lab, Telling())
    assert again.concepts == found.concepts
    other = answer(replace(question, seed=1), lab, Telling())
    assert other.random_scores != found.random_scores


def test_the_main_heads_last_layer_is_linear(lab, question, folders):
    # There the slope is the class's row of weights on every photo, so that all photos agree.
    net = lab.network(question.checkpoint)
    asked = replace(question, unit="avgpool", concepts=question.concepts[:1], runs=2)
    found = answer(asked, lab, Telling())
    assert set(found.concepts[0].scores) <= {0.0, 1.0}
    files = arrays(folders["class"])[1]
    score = logit(net, "main", 3)
    slopes = reading.slopes(net, files, SMALL, "avgpool", score, quiet).values
    row = net.fc.linear.weight[3].numpy()
    assert slopes == pytest.approx(np.tile(row, (11, 1)), abs=1e-7)
    # Averaging inception5b's map is what avgpool does, so that both answers are the same.
    below = answer(replace(asked, unit="inception5b"), lab, Telling())
    assert below.concepts[0].scores == found.concepts[0].scores
    assert below.concepts[0].accuracy == found.concepts[0].accuracy


def test_cancelling_ends_within_one_batch(lab, question, monkeypatch):
    monkeypatch.setattr(reading, "batch_size", lambda *_: 4)
    passes = []
    net = lab.network(question.checkpoint)
    hook = net.conv1.register_forward_hook(lambda _m, inputs, _o: passes.append(len(inputs[0])))
    with pytest.raises(Cancel):
        answer(question, lab, Telling(stop_at=4))
    hook.remove()
    assert max(passes) <= 4
    assert len(passes) <= 3
    fits = []
    separate = directions.separate
    monkeypatch.setattr(directions, "separate", lambda *a: fits.append(1) or separate(*a))
    batches = 3 + 15 + 6 + 6 + 4
    with pytest.raises(Cancel):
        answer(question, lab, Telling(stop_at=batches + 5))
    assert len(fits) == 4


def test_folders_are_drawn_from_and_bad_photos_are_said(lab, question, folders, tmp_path):
    mixed = folder(tmp_path / "mixed", striped, 9, 5)
    (mixed / "broken.jpg").write_bytes(b"no photo")
    asked = replace(question, concepts=(Concept("mixed", str(mixed)),), most=7, runs=1)
    found = answer(asked, lab, Telling())
    assert (found.photos, found.random_photos) == (7, 21)
    everything = answer(replace(asked, most=50), lab, Telling())
    assert everything.concepts[0].photos == 9
    assert everything.concepts[0].note.startswith("9 examples are few")
    ((path, why),) = everything.unreadable
    assert path.endswith("broken.jpg")
    assert why
    assert "with a single run" in everything.concepts[0].sentence


def test_what_cannot_be_asked_is_said(lab, question, folders, tmp_path):
    (tmp_path / "empty").mkdir()
    (broken := tmp_path / "broken").mkdir()
    for number in range(5):
        (broken / f"{number}.png").write_bytes(b"no photo")

    def ask(**changed):
        return answer(replace(question, **changed), lab, Telling())

    few = (Concept("rare", str(folders["few"])),)
    for changed, said in (
        ({"concepts": ()}, "Give at least one concept"),
        ({"concepts": question.concepts[:1] * 2}, "Two concepts have the same name"),
        ({"concepts": few}, "holds 3 photos that can be read; photos of “rare” are to be at least"),
        ({"concepts": (Concept("b", str(broken)),)}, "holds no photo that can be read"),
        ({"photos": str(tmp_path / "empty")}, "holds no photo that can be read; photos of the cl"),
        ({"random": str(tmp_path / "nowhere")}, "nowhere is not a folder"),
        ({"random": str(folders["few"])}, "random photos are to be at least 8"),
        ({"unit": "inception9z"}, "This network has no unit “inception9z”"),
        ({"unit": "fc"}, "is not on the way"),
        ({"unit": "inception5b", "head": "aux1"}, "is not on the way to aux1"),
        ({"target": 12}, "Class 12 is out of range"),
        ({"runs": 0}, "“runs” is at least 1"),
        ({"seed": -1}, "“seed” is at least 0"),
        ({"together": 0}, "“together” is at least 1"),
    ):
        with pytest.raises(QuestionError, match=said):
            ask(**changed)


def test_the_public_function_gives_the_same_numbers(checkpoint, lab, question, folders):
    net = iv.load(checkpoint)
    how = {"unit": "inception4a", "runs": 2, "preprocessing": SMALL}
    found = iv.tcav(
        net,
        target="thing d",
        concepts={"striped": folders["striped"], "none": folders["more"]},
        random=folders["random"],
        photos=folders["class"],
        **how,
    )
    expected = answer(replace(question, runs=2), lab, Telling())
    assert found.concepts == expected.concepts
    with pytest.raises(QuestionError, match="is no class of this network"):
        iv.tcav(net, target="cat", concepts={}, random="", photos="", **how)
