"""Tests of concepts in words, as tables and on the command line; folders that are looked into."""

import csv
import json
from dataclasses import replace

import concept_data as made
import numpy as np
import pytest
import scipy.stats

import inception_viewer as iv
from inception_viewer import cli, concept_words
from inception_viewer.analysis import files
from inception_viewer.analysis.whole_table import TableError
from inception_viewer.commands.classes import class_index
from inception_viewer.errors import QuestionError
from inception_viewer.file_questions import FindPhotos, WriteRows
from inception_viewer.ui.concepts.tested import default_unit, modules_before

MODULES = tuple(
    f"inception{name}" for name in ("3a", "3b", "4a", "4b", "4c", "4d", "4e", "5a", "5b")
)


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    return made.folders(tmp_path_factory.mktemp("concepts"))


def nobody(*_):
    pass


# --- verdicts --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("score", "p_value", "accuracy", "expected"),
    [
        (0.9, 0.01, 0.95, "for"),
        (0.1, 0.05, 0.95, "against"),
        (0.9, 0.051, 0.95, "chance"),
        (0.9, 0.001, 0.59, "doubtful"),
        (0.9, np.nan, 0.95, "open"),
        (0.9, np.nan, 0.5, "doubtful"),
    ],
)
def test_a_verdict_needs_significance_and_a_real_direction(score, p_value, accuracy, expected):
    answer = made.answer(made.question(made.wanted()))
    assert concept_words.verdict(made.result("x", score, p_value, accuracy), answer) == expected
    star = concept_words.verdict_words(expected).startswith("★")
    assert star == (expected in ("for", "against"))


def test_numbers_in_words():
    assert [concept_words.p_words(p) for p in (0.00099, 0.001, 0.0504, 1.0, np.nan)] == [
        *("< 0.001", "0.001", "0.050", "1.000", "–"),
    ]
    plain = concept_words.score_words(0.954, 0.051).replace("\N{NARROW NO-BREAK SPACE}", " ")
    assert plain == "95 % ± 5 %"
    assert "±" not in concept_words.score_words(1.0, np.nan)


def test_the_text_has_every_unit_and_concept():
    tested = made.whole(made.wanted(MODULES[-2:]))
    text = concept_words.as_text(tested.answers)
    lines = text.splitlines()
    assert lines[0] == "“cup”, main: 11 photos of the class, 60 of anything else, 4 runs, seed 0"
    assert [line for line in lines if line.startswith("inception")] == [
        f"{unit}: random directions {concept_words.score_words(a.random_score, a.random_spread)}"
        for unit, a in zip(MODULES[-2:], tested.answers, strict=True)
    ]
    assert text.count("★ speaks for the class") == text.count("direction means nothing") == 2
    assert "p = 0.001" in text
    assert lines[-2:] == ["1 photo could not be read:", "  It is cut short."]


def test_rows_hold_every_run():
    tested = made.whole(made.wanted(MODULES[-2:]))
    first = replace(tested.answers[0], concepts=(made.result("x", 0.5, np.nan, 0.9, 2),))
    heading, *rows = concept_words.rows((first, tested.answers[1]))
    assert heading[-4:] == ("run_1", "run_2", "run_3", "run_4")
    named = [dict(zip(heading, row, strict=False)) for row in rows]
    assert [(row["unit"], row["concept"], row["verdict"]) for row in named] == [
        ("inception5a", "x", "open"),
        ("inception5a", "", "random"),
        ("inception5b", "striped", "for"),
        ("inception5b", "spotted", "doubtful"),
        ("inception5b", "", "random"),
    ]
    assert named[0]["p_value"] == ""
    runs = [named[2][f"run_{run}"] for run in (1, 2, 3, 4)]
    assert named[2]["score"] == pytest.approx(np.mean(runs))
    assert named[2]["spread"] == pytest.approx(np.std(runs, ddof=1))


# --- where -----------------------------------------------------------------------------------


def test_units_down_the_layers(checkpoint):
    graph = iv.load(checkpoint).info.graph
    assert modules_before(graph, "main") == MODULES
    assert modules_before(graph, "aux2") == MODULES[:6]
    assert modules_before(graph, "aux1") == MODULES[:3]
    assert default_unit(graph, "main") == default_unit(graph, "aux2") == "inception4d"
    assert default_unit(graph, "aux1") == "inception4a"


# --- the worker ------------------------------------------------------------------------------


def test_photos_of_a_folder_are_counted_and_some_are_named(folders, tmp_path):
    found = files.find_photos(FindPhotos(str(folders["striped"])), None, nobody)
    assert found.photos == 24
    assert found.examples == tuple(str(folders["striped"] / f"{n}.png") for n in (0, 6, 12, 18))
    few = files.find_photos(FindPhotos(str(folders["few"]), 5), None, nobody)
    assert len(few.examples) == few.photos == 3
    (tmp_path / "empty").mkdir()
    assert files.find_photos(FindPhotos(str(tmp_path / "empty")), None, nobody).photos == 0
    deep = made.folder(tmp_path / "a" / "b", made.noise, 2, 0)
    assert files.find_photos(FindPhotos(str(deep.parent)), None, nobody).photos == 2
    with pytest.raises(QuestionError, match=r"none is not a folder\."):
        files.find_photos(FindPhotos(str(tmp_path / "none")), None, nobody)


def test_rows_are_written_whole_or_not_at_all(tmp_path):
    path = tmp_path / "rows.csv"
    files.write_rows(WriteRows((("a", "b"), (1, 0.5)), str(path)), None, nobody)
    assert path.read_text(encoding="utf-8").split() == ["a,b", "1,0.5"]
    with pytest.raises(TableError, match="cannot be written"):
        files.write_rows(WriteRows((), str(tmp_path / "no" / "rows.csv")), None, nobody)
    assert [one.name for one in tmp_path.iterdir()] == ["rows.csv"]


# --- the command line ------------------------------------------------------------------------


def test_the_command_line_gives_the_numbers_of_the_function(checkpoint, folders, tmp_path, capsys):
    given = [str(checkpoint), "--concept", str(folders["striped"])]
    given += ["--concept", f"nothing={folders['more']}", "--random", str(folders["random"])]
    given += ["--photos", str(folders["cup"]), "--class", "Thing-D", "--runs", "3"]
    given += ["--most", "7", "--unit", "inception4a", "--unit", "inception4d"]
    table = tmp_path / "rows.csv"
    assert cli.main(["tcav", *given, "--json", "--csv", str(table)]) == 0
    values = json.loads(capsys.readouterr().out)
    net, compared = iv.load(checkpoint), 0
    how = {
        "target": "thing d", "random": folders["random"], "photos": folders["cup"], "runs": 3,
        "concepts": {"striped": folders["striped"], "nothing": folders["more"]}, "most": 7,
    }  # fmt: skip
    for value in values[1:]:
        expected = iv.tcav(net, unit=value["unit"], together=2, **how)
        assert value["random_scores"] == list(expected.random_scores)
        assert [one["name"] for one in value["concepts"]] == ["striped", "nothing"]
        for one, result in zip(value["concepts"], expected.concepts, strict=True):
            assert one["scores"] == list(result.scores)
            assert (one["accuracy"], one["sentence"]) == (result.accuracy, result.sentence)
            if one["spread"] and value["random_spread"]:  # else SciPy warns
                tried = one["scores"], value["random_scores"]
                p = scipy.stats.ttest_ind(*tried, equal_var=False).pvalue
                # Two concepts at two units: four tests.
                assert one["p_value"] == pytest.approx(min(1, 4 * p))
                compared += 1
    assert compared
    assert [value["unit"] for value in values] == ["inception4a", "inception4d"]
    with table.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 6
    assert float(rows[0]["score"]) == pytest.approx(values[0]["concepts"][0]["score"])
    assert cli.main(["tcav", *given[:-4], "--runs", "1"]) == 0
    text = capsys.readouterr().out
    assert "inception4d: random directions" in text
    assert "too few runs to tell" in text or "direction means nothing" in text


def test_what_the_command_line_refuses(checkpoint, folders, capsys):
    given = ["tcav", str(checkpoint), "--concept", str(folders["striped"])]
    given += ["--random", str(folders["random"]), "--photos", str(folders["cup"])]
    assert cli.main([*given, "--class", "cat"]) == 2
    assert capsys.readouterr().err == "inception-viewer: “cat” is no class of this network.\n"
    assert cli.main([*given, "--class", "3", "--concept", str(folders["few"])]) == 2
    assert "holds 3 photos that can be read; photos of “few” are" in capsys.readouterr().err


def test_classes_by_name_and_by_index():
    classes = ("sea horse", "crane", "crane")
    assert class_index("Sea_Horse", classes) == 0
    assert class_index("2", classes) == 2
    for text, said in (
        ("crane", "2 classes are named “crane”"),
        ("3", "is no class"),
        ("-1", "no"),
    ):
        with pytest.raises(QuestionError, match=said):
            class_index(text, classes)
