"""Lists of class names, in the forms in which they go round."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from torchvision.models import GoogLeNet_Weights

from inception_viewer.checkpoints.class_lists import read_class_list
from inception_viewer.errors import ClassListError

THREE = ("tench, Tinca tinca", "goldfish", "great white shark")


def read(tmp_path: Path, name: str, text: str | bytes, count: int = 3) -> tuple[str, ...]:
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_class_list(path, count)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("plain.txt", "tench, Tinca tinca\ngoldfish\ngreat white shark\n"),
        ("windows.txt", "\ufefftench, Tinca tinca\r\n\r\n goldfish \r\ngreat white shark"),
        ("indexed.txt", "2 great white shark\n0 tench, Tinca tinca\n1 goldfish\n"),
        ("from_one.txt", "1: tench, Tinca tinca\n2: goldfish\n3: great white shark\n"),
        ("tabs.txt", "0\ttench, Tinca tinca\n1\tgoldfish\n2\tgreat white shark\n"),
        ("index_last.txt", "goldfish 1\ngreat white shark 2\ntench, Tinca tinca 0\n"),
        (
            "synset_words.txt",
            "n01440764 tench, Tinca tinca\nn01443537 goldfish\nn01484850 great white shark\n",
        ),
        ("no_suffix", "tench, Tinca tinca\ngoldfish\ngreat white shark"),
        ("plain.csv", '"tench, Tinca tinca"\ngoldfish\ngreat white shark\n'),
        ("header.csv", 'class_name\n"tench, Tinca tinca"\ngoldfish\ngreat white shark\n'),
        ("indexed.csv", '1,goldfish\n0,"tench, Tinca tinca"\n2,great white shark\n'),
        ("both.csv", 'id,name\n1,goldfish\n0,"tench, Tinca tinca"\n2,great white shark\n'),
        (
            "wordnet.csv",
            'index,wnid,name\n1,n01443537,goldfish\n0,n01440764,"tench, Tinca tinca"\n'
            "2,n01484850,great white shark\n",
        ),
        ("semicolons.csv", "name;index\ngoldfish;1\ntench, Tinca tinca;0\ngreat white shark;2\n"),
        ("tabs.tsv", "0\ttench, Tinca tinca\n1\tgoldfish\n2\tgreat white shark\n"),
        ("list.json", json.dumps(THREE)),
        ("index_to_name.json", json.dumps({"2": THREE[2], "0": THREE[0], "1": THREE[1]})),
        ("name_to_index.json", json.dumps({THREE[2]: 2, THREE[0]: 0, THREE[1]: 1})),
        ("inside.json", json.dumps({"version": 1, "classes": THREE})),
        (
            "keras.json",  # imagenet_class_index.json
            json.dumps(
                {"0": ["n01440764", THREE[0]], "1": ["n1", THREE[1]], "2": ["n2", THREE[2]]}
            ),
        ),
        ("objects.json", json.dumps([{"id": i, "name": THREE[i]} for i in (2, 0, 1)])),
        ("pairs.json", json.dumps([["n01440764", THREE[0]], ["n1", THREE[1]], ["n2", THREE[2]]])),
    ],
)
def test_all_forms_give_the_same_names(name: str, text: str, tmp_path: Path) -> None:
    assert read(tmp_path, name, text) == THREE


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings(encoding: str, tmp_path: Path) -> None:
    names = ("Häuser", "Bäume", "Straße")
    assert read(tmp_path, "names.txt", "\n".join(names).encode(encoding)) == names


@pytest.mark.parametrize(
    ("name", "text", "names"),
    [
        ("numbered.txt", "ward 3\nward 7\nward 9\n", ("ward 3", "ward 7", "ward 9")),
        ("digits.csv", "0\n1\n2\n", ("0", "1", "2")),
        ("digits.txt", "0\n1\n2\n", ("0", "1", "2")),
        ("mixed.txt", "7 up\ncola\ntea\n", ("7 up", "cola", "tea")),
    ],
)
def test_numbers_that_are_part_of_the_names_stay(
    name: str, text: str, names: tuple[str, ...], tmp_path: Path
) -> None:
    assert read(tmp_path, name, text) == names


def test_imagenets_thousand(tmp_path: Path) -> None:
    names = GoogLeNet_Weights.IMAGENET1K_V1.meta["categories"]
    backwards = "".join(f"{i} {names[i]}\n" for i in reversed(range(1000)))
    assert read(tmp_path, "imagenet.txt", backwards, 1000) == tuple(names)
    as_json = json.dumps({str(i): name for i, name in enumerate(names)})
    assert read(tmp_path, "imagenet.json", as_json, 1000) == tuple(names)


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("few.txt", "cup\newer\n", "It has 2 classes, but the network 3."),
        ("one.json", '["cup"]', "It has 1 class, but the network 3."),
        ("many.csv", "\n".join("abcd"), "It has 4 classes, but the network 3."),
        ("empty.txt", "\n \n", "It holds no class names."),
        ("empty.csv", "", "It holds no class names."),
        ("empty.json", "[]", "It holds no class names."),
        ("twice.txt", "0 cup\n1 ewer\n1 lamp\n", "It gives two classes the index 1."),
        ("gap.txt", "0 cup\n1 ewer\n3 lamp\n", "It has no class of index 2."),
        ("late.csv", "5,cup\n6,ewer\n7,lamp\n", "Its indices start at 5 instead of 0 or 1."),
        ("broken.json", '["cup", ', "It is not JSON: "),
        ("number.json", "3", "It is neither a JSON list nor a JSON object."),
        ("nested.json", "[[1], [2], [3]]", "[1] is no class name."),
        ("odd.json", '{"cup": "ewer"}', "“cup” is neither the index of a class"),
        ("unnamed.json", '["cup", "", "lamp"]', "It has a class without a name."),
        ("quotes.csv", '"cup\newer\nlamp\n', "It is not a table of comma-separated values"),
        ("photo.txt", b"\xff\xd8\xff\xe0\x00\x10JFIF\x00", "It is not a text file."),
        ("deep.json", "[" * 100_000, "It is not JSON: "),
    ],
)
def test_what_does_not_fit_is_refused_in_one_sentence(
    name: str, text: str | bytes, words: str, tmp_path: Path
) -> None:
    with pytest.raises(ClassListError) as caught:
        read(tmp_path, name, text)
    said = str(caught.value)
    assert said.startswith(f"{name}: {words}")
    assert "\n" not in said


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ClassListError, match=r"gone\.txt: There is no such file\."):
        read_class_list(tmp_path / "gone.txt", 3)
    with pytest.raises(ClassListError, match=r"It cannot be read: "):
        read_class_list(tmp_path, 3)
    with (tmp_path / "huge.txt").open("wb") as file:
        file.truncate(20 << 20)
    with pytest.raises(ClassListError, match=r"too large for a list"):
        read_class_list(tmp_path / "huge.txt", 3)
