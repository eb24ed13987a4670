"""The command line: what it starts, and the report against the network and independent numbers."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from cmap import Colormap
from numpy.typing import NDArray
from PIL import Image
from torch import nn

from inception_viewer import __version__, cli, drawings, launch
from inception_viewer.analysis.files import write_rows
from inception_viewer.file_questions import WriteRows
from inception_viewer.lab import Lab

MODULES = [f"inception{stage}" for stage in ("3a", "3b", "4a", "4b", "4c", "4d", "4e", "5a", "5b")]


@pytest.fixture(scope="module")
def report(
    photo: Path, checkpoint: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, dict[str, Any]]:
    """The report on one photo, with Grad-CAM, and its predictions.json."""
    out = tmp_path_factory.mktemp("report") / "out"
    options = ["--checkpoint", str(checkpoint), "--method", "layer_grad_cam", "--out", str(out)]
    assert cli.main(["report", str(photo), *options]) == 0
    return out, json.loads((out / "predictions.json").read_text(encoding="utf-8"))


def test_predictions_are_torchvisions(
    report: tuple[Path, dict[str, Any]], picture: NDArray[np.uint8], peer: nn.Module
) -> None:
    """Main head: torchvision's own network on torchvision's own preprocessing."""
    from torchvision import transforms

    prepare = transforms.Compose(
        [
            transforms.Resize(256),
            transforms.CenterCrop(224),
            transforms.ToTensor(),
            transforms.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
        ]
    )
    with torch.inference_mode():
        logits = peer.eval()(prepare(Image.fromarray(picture))[None])[0]
    top = report[1]["images"][0]["heads"]["main"]["top"]
    assert [entry["index"] for entry in top] == logits.argsort(descending=True)[:5].tolist()
    assert [entry["class"] for entry in top] == [f"thing {'abcdefghijkl'[e['index']]}" for e in top]
    scale = float(logits.abs().max())
    for entry in top:
        assert entry["logit"] == pytest.approx(float(logits[entry["index"]]), abs=1e-4 * scale)
        chance = float(logits.softmax(0)[entry["index"]])
        assert entry["probability"] == pytest.approx(chance, abs=1e-3)


def test_predictions_name_what_they_rest_on(
    report: tuple[Path, dict[str, Any]], photo: Path, checkpoint: Path
) -> None:
    import inception_viewer as iv

    said = report[1]
    net = iv.load(checkpoint)
    assert said["checkpoint"]["fingerprint"] == net.fingerprint
    assert said["checkpoint"]["verdict"] == net.info.verdict
    assert said["preprocessing"]["short_side"] == net.preprocessing.short_side
    assert said["failures"] == []
    (image,) = said["images"]
    assert image["name"] == photo.name
    assert (image["width"], image["height"]) == (300, 200)
    # 300 x 200 becomes 384 x 256, of which the middle 224 x 224 is seen.
    np.testing.assert_allclose(image["crop"], [62.5, 12.5, 237.5, 187.5])
    assert list(image["heads"]) == ["aux1", "aux2", "main"]
    trace = net.trace(photo)
    for head, entry in image["heads"].items():
        names = [(row["class"], pytest.approx(row["probability"])) for row in entry["top"]]
        assert trace.top(head, 5) == names
        assert entry["state"] == net.heads[head]
    assert image["attribution"]["method"] == "layer_grad_cam"
    assert image["attribution"]["class"] == image["heads"]["main"]["top"][0]["class"]


def test_activations_are_the_traces(
    report: tuple[Path, dict[str, Any]], photo: Path, checkpoint: Path
) -> None:
    import inception_viewer as iv

    trace = iv.load(checkpoint).trace(photo)
    with np.load(report[0] / "activations.npz") as stored:
        assert set(stored.files) == {"input", *trace.names}
        for name in ("input", "conv1", "inception4a/3x3", "inception5b", "aux1/fc1", "avgpool"):
            expected = trace.input if name == "input" else trace[name]
            np.testing.assert_allclose(stored[name], expected, rtol=1e-4, atol=1e-5)


def test_there_is_a_picture_for_every_module(report: tuple[Path, dict[str, Any]]) -> None:
    out, said = report
    files = said["images"][0]["files"]
    assert list(files["maps"]) == MODULES
    for name in (*files["maps"].values(), files["attribution"]):
        with Image.open(out / name) as image:
            assert min(image.size) > 200
    written = {path.name for path in out.iterdir()}
    assert written == {
        "predictions.json", files["activations"], files["attribution"], files["arrays"],
        *files["maps"].values(),
    }  # fmt: skip


def test_a_map_picture_has_the_colours_of_its_values(
    report: tuple[Path, dict[str, Any]],
) -> None:
    """Every channel of inception4a is found in its picture, in colours from 0 to the maximum."""
    out, _ = report
    with np.load(out / "activations.npz") as stored:
        module = stored["inception4a"]
        branch = stored["inception4a/5x5"]
    page = np.asarray(Image.open(out / "maps_inception4a.png").convert("RGB"))
    channel = int(branch.max(axis=(1, 2)).argmax())
    levels = np.rint(branch[channel] / module.max() * 255).astype(int)
    colours = np.rint(np.array(Colormap("viridis")(levels / 255.0))[..., :3] * 255)
    tile = colours.astype(np.uint8).repeat(3, axis=0).repeat(3, axis=1)
    height, width = tile.shape[:2]
    corners = np.argwhere((page == tile[0, 0]).all(axis=2))
    found = [
        (y, x) for y, x in corners if np.array_equal(page[y : y + height, x : x + width], tile)
    ]
    assert found


def test_several_photos_have_a_folder_each_and_failures_spare_the_rest(
    photo: Path,
    checkpoint: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    again = tmp_path / "cat.jpg"
    Image.open(photo).save(again)
    (tmp_path / "bad.png").write_bytes(b"just text\n")
    out = tmp_path / "out"
    options = ["--checkpoint", str(checkpoint), "--method", "layer_grad_cam", "--out", str(out)]
    photos = [str(photo), str(tmp_path / "bad.png"), str(tmp_path / "gone.png"), str(again)]
    assert cli.main(["report", *photos, *options]) == 2
    errors = capsys.readouterr().err.splitlines()
    assert len(errors) == 2
    assert errors[0] == "inception-viewer: “bad.png” is a text file, not a photo."
    assert "“gone.png” is no longer there" in errors[1]
    said = json.loads((out / "predictions.json").read_text(encoding="utf-8"))
    assert [entry["name"] for entry in said["failures"]] == ["bad.png", "gone.png"]
    places = [entry["files"]["activations"] for entry in said["images"]]
    assert places == ["cat/activations.npz", "cat-2/activations.npz"]
    assert all((out / place).exists() for place in places)


def test_several_methods_give_the_numbers_of_the_python_interface(
    photo: Path, checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import inception_viewer as iv

    out = tmp_path / "out"
    methods = ["saliency", "layer_gradient_x_activation", "class_activation_map"]
    options = ["--checkpoint", str(checkpoint), "--methods", ", ".join(methods), "--out", str(out)]
    chosen = [
        "--head",
        "aux2",
        "--target",
        "thing d",
        "--against",
        "2",
        "--unit",
        "inception4b/3x3",
    ]
    assert cli.main(["report", str(photo), *options, *chosen]) == 2
    assert "aux2 has two dense layers" in capsys.readouterr().err
    (said,) = json.loads((out / "predictions.json").read_text(encoding="utf-8"))["images"]
    assert [entry["method"] for entry in said["attributions"]] == methods
    assert said["attribution"] == said["attributions"][0]
    assert "dense layers" in said["attributions"][2]["error"]
    assert said["files"]["attributions"] == {
        "saliency": "attribution_saliency.png",
        "layer_gradient_x_activation": "attribution_layer_gradient_x_activation.png",
    }
    net = iv.load(checkpoint)
    with np.load(out / said["files"]["arrays"]) as stored:
        assert set(stored.files) == {m + end for m in methods[:2] for end in ("", ".raw")}
        for method, entry in zip(methods[:2], said["attributions"], strict=False):
            found = iv.attribute(
                net, photo, method=method, head="aux2", target=3, against=2, unit="inception4b/3x3"
            )
            np.testing.assert_array_equal(stored[method], found.map)
            np.testing.assert_array_equal(stored[f"{method}.raw"], found.raw)
            assert entry["class"] == found.target_name == "thing d against thing c"
            assert entry["score"] == pytest.approx(found.score)
            with Image.open(out / said["files"]["attributions"][method]) as image:
                assert min(image.size) > 200


KINDS = {
    "input": ("saliency", "lrp", "deep_lift", "deconvolution"),
    "layer": ("layer_grad_cam", "layer_lrp", "layer_deep_lift", "layer_gradient_x_activation"),
    "neuron": (
        "neuron_gradient", "neuron_guided_backprop", "neuron_deconvolution", "neuron_conductance",
    ),
}  # fmt: skip
"""Four methods of each kind."""


def test_methods_of_every_kind_give_the_numbers_of_the_window(
    photo: Path, checkpoint: Path, tmp_path: Path
) -> None:
    """What the window asks of its worker, asked here of a lab of our own: bit for bit."""
    from inception_viewer.analysis import answer
    from inception_viewer.attribution_methods import METHODS
    from inception_viewer.images.decode import decode
    from inception_viewer.lab import Lab
    from inception_viewer.questions import Attribution, ImageSource, Scene

    names = [name for kind in KINDS.values() for name in kind]
    assert {kind: {METHODS[n].target_kind for n in KINDS[kind]} for kind in KINDS} == {
        kind: {kind} for kind in KINDS
    }
    options = ["--checkpoint", str(checkpoint), "--methods", ",".join(names)]
    assert cli.main(["report", str(photo), *options, "--out", str(tmp_path)]) == 0
    (said,) = json.loads((tmp_path / "predictions.json").read_text(encoding="utf-8"))["images"]
    lab = Lab()
    info = lab.open_checkpoint(checkpoint)
    opened = lab.add_image(decode(ImageSource(path=str(photo))))
    scene = Scene(info.fingerprint, opened.id, info.preprocessing)
    assert [entry["method"] for entry in said["attributions"]] == names
    with np.load(tmp_path / said["files"]["arrays"]) as stored:
        assert set(stored.files) == {name + end for name in names for end in ("", ".raw")}
        for entry in said["attributions"]:
            found = answer(Attribution(scene, entry["method"]), lab, _Unheard())
            np.testing.assert_array_equal(stored[entry["method"]], found.map)
            np.testing.assert_array_equal(stored[entry["method"] + ".raw"], found.raw)
            for key in ("completeness_error", "conserved", "score", "baseline_score"):
                value = getattr(found, key)
                assert entry[key] == (None if value is None else pytest.approx(value)), key
            assert entry["class"] == found.target_name
            assert entry["parameters"] == dict(found.parameters)
            assert (entry["forwards"], entry["backwards"]) == (found.forwards, found.backwards)
    assert set(said["files"]["attributions"]) == set(names)
    pictures = {(tmp_path / name).read_bytes() for name in said["files"]["attributions"].values()}
    assert len(pictures) == len(names), "each has a picture of its own"


class _Unheard:
    """The progress of a question that nobody watches."""

    lane = "jobs"

    def __call__(self, fraction: float, answer: object = None, text: str = "") -> None:
        """Go on."""


def test_a_neuron_can_be_explained_in_a_report(
    photo: Path, checkpoint: Path, tmp_path: Path
) -> None:
    import inception_viewer as iv

    options = ["--checkpoint", str(checkpoint), "--method", "neuron_gradient", "--unit", "pool3"]
    place = ["--channel", "31", "--position", "4,6", "--out", str(tmp_path)]
    assert cli.main(["report", str(photo), *options, *place]) == 0
    with np.load(tmp_path / "attributions.npz") as stored:
        found = iv.attribute(
            iv.load(checkpoint),
            photo,
            method="neuron_gradient",
            unit="pool3",
            channel=31,
            position=(4, 6),
        )
        np.testing.assert_array_equal(stored["neuron_gradient.raw"], found.raw)
    assert found.target_name == "pool3, channel 31 at row 4, column 6"


@pytest.mark.parametrize("position", ["3", "3,4,5", "-1,2", "a,b"])
def test_a_position_is_a_row_and_a_column(
    position: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        cli.main(["report", "cat.png", "--out", "out", f"--position={position}"])
    assert "is not a row and a column, such as 3,5" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--methods", "saliency,tea_leaves"], "There is no method “tea_leaves”"),
        (["--methods", "saliency,lime", "--against", "unicorn"], "“unicorn” is no class"),
        (["--checkpoint", "none.pth"], "none.pth"),
        (["--method", "tea_leaves"], "There is no method “tea_leaves”"),
        (["--target", "unicorn"], "“unicorn” is no class of this network"),
        (["--unit", "inception9z", "--method", "layer_grad_cam"], "inception9z"),
    ],
)
def test_mistakes_are_one_sentence(
    photo: Path,
    checkpoint: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    options: list[str],
    words: str,
) -> None:
    chosen = options if "--checkpoint" in options else ["--checkpoint", str(checkpoint), *options]
    assert cli.main(["report", str(photo), "--out", str(tmp_path / "out"), *chosen]) == 2
    errors = capsys.readouterr().err
    assert errors.startswith("inception-viewer: ")
    assert words in errors
    assert errors.count("\n") == 1


def test_a_place_that_cannot_be_written_to(
    photo: Path, checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    out = str(tmp_path / "file" / "out")
    options = ["--checkpoint", str(checkpoint), "--method", "layer_grad_cam"]
    assert cli.main(["report", str(photo), "--out", out, *options]) == 2
    assert "cannot be written to: Not a directory." in capsys.readouterr().err


# --- drawings ----------------------------------------------------------------------------


def test_signed_maps_are_centred_on_zero_and_others_start_there() -> None:
    signed = drawings.signed_scale(np.array([[-1.0, 0.5]], np.float32))
    assert (signed.low, signed.high) == (-signed.high, signed.high)
    middle = signed.paint(np.zeros((1, 1), np.float32))[0, 0]
    np.testing.assert_array_equal(middle, np.array(Colormap("crameri:vik")(0.5).rgba8[:3]))
    plain = drawings.signed_scale(np.array([[0.0, 0.5]], np.float32))
    assert plain.low == 0
    assert plain.colours == drawings.SEQUENTIAL


def test_a_few_extremes_do_not_leave_the_rest_pale() -> None:
    values = np.full((100, 100), 0.1, np.float32)
    values[0, 0], values[0, 1] = 90.0, -0.1
    assert drawings.signed_scale(values).high == pytest.approx(0.1)
    values[:] = 0
    values[0, 0] = 5
    assert drawings.signed_scale(values).high == 5  # all but one are zero: show that one


def test_degenerate_maps_are_drawn() -> None:
    for fill in (0.0, np.nan, np.inf):
        values = np.full((20, 30), fill, np.float32)
        picture = np.zeros((20, 30, 3), np.uint8)
        assert drawings.attribution(picture, values, "t", "s", ["n"]).width > 60
        branch = drawings.Branch("pool", np.full((5, 4, 4), fill, np.float32))
        assert drawings.branch_maps("inception3a", [branch], "s").height > 50
    grey = drawings.Scale(0, 1).paint(np.array([[np.nan]], np.float32))
    assert grey.tolist() == [[[128, 128, 128]]]


# --- what starts what --------------------------------------------------------------------


def test_the_bare_program_is_the_window(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    monkeypatch.setattr(launch, "main", lambda arguments: seen.append(list(arguments)) or 7)
    assert cli.main(["cup.jpg", "--device", "cpu"]) == 7
    assert cli.main([]) == 7
    assert cli.main(["./train"]) == 7
    assert seen == [["cup.jpg", "--device", "cpu"], [], ["./train"]]


def test_version_and_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--version"]) == 0
    assert capsys.readouterr().out == f"inception-viewer {__version__}\n"
    assert cli.main(["--help"]) == 0
    words = capsys.readouterr().out
    assert "--state-json" in words
    assert "inception-viewer train FOLDER" in words
    for command in ("train", "report"):
        with pytest.raises(SystemExit) as ended:
            cli.main([command, "--help"])
        assert ended.value.code == 0
        assert "--out" in capsys.readouterr().out


@pytest.mark.parametrize(
    "option", [["--batch-size", "1"], ["--learning-rate", "-1"], ["--validation-share", "x"]]
)
def test_numbers_out_of_range_are_refused(
    option: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["train", "folder", "--out", "x.safetensors", *option])
    assert ended.value.code == 2
    assert re.search(rf"{option[0]}: “{option[1]}” is not a", capsys.readouterr().err)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["index", ""], "name a folder, “.” for this one"),
        (["evaluate", "demo", ""], "name a folder, “.” for this one"),
        (["evaluate", "demo", ".", "--bins", "1e30"], "is not a whole number from 1 to 1000"),
        (["compare", "demo", "cup.jpg", "--unit", "conv1"], "it goes with --group"),
        (["index", ".", "--preprocessing", "{}"], "it lacks “mean”"),
        (
            ["index", ".", "--preprocessing", '{"mean": [0, 0, 0], "std": [0, 1, 1]}'],
            "no preprocessing: its numbers",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        cli.main(arguments)
    assert stopped.value.code == 2
    assert words in capsys.readouterr().err


def test_a_table_is_not_written_over_a_photo(
    photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = tmp_path / "cat.png"
    mine.write_bytes(photo.read_bytes())
    assert cli.main(["compare", "demo", str(mine), "--csv", str(mine)]) == 2
    assert "is no table but something else, and is kept" in capsys.readouterr().err
    assert mine.read_bytes() == photo.read_bytes()
    (tmp_path / "old.csv").write_text("1,2\n")
    write_rows(WriteRows((("a", 1),), str(tmp_path / "old.csv")), Lab(), lambda *told: None)  # type: ignore[arg-type]
    assert (tmp_path / "old.csv").read_text() == "a,1\n"


def test_a_command_can_be_stopped_while_torch_is_loading(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(arguments: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setitem(cli.COMMANDS, "index", interrupted)
    assert cli.main(["index", "."]) == 130
    assert capsys.readouterr().err == "inception-viewer: stopped.\n"


def test_help_does_not_import_torch_and_a_report_imports_neither_qt_nor_matplotlib() -> None:
    script = (
        "import sys, inception_viewer.cli as c; c.main(['--version']);"
        "early = [m for m in ('torch', 'PySide6', 'numpy') if m in sys.modules];"
        "import inception_viewer.report;"
        "late = [m for m in ('PySide6', 'matplotlib', 'pyqtgraph') if m in sys.modules];"
        "print(early, late)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[] []"
