"""Photos that are compared and groups of photos: what they are, undone and redone."""

from __future__ import annotations

from dataclasses import replace

import ui_data

from inception_viewer.photo_groups import (
    Compared,
    Folder,
    GroupDraft,
    by_class,
    by_folder,
    obstacle,
)
from inception_viewer.session import Session, State, add_images, remove_image


def test_the_choice_of_photos_survives_what_comes_and_goes():
    assert Compared().photos("abcdef") == tuple("abcd")
    chosen = Compared().pick("fb")
    assert chosen.photos("abcdef") == tuple("bf")
    assert chosen.photos("abcde") == ("b",)
    assert chosen.photos("xyz") == tuple("xyz")
    assert chosen.photos("abcdef") == tuple("bf")
    assert Compared().pick("").photos("abc") == ()
    assert len(Compared().pick("abcdefghijkl").photos("abcdefghijkl")) == 8


def test_groups_by_class_leave_out_what_stands_alone():
    labels = {"a": "cup", "b": "owl", "c": "cup", "d": "", "e": "fox", "f": "fox", "g": "fox"}
    assert [(g.name, g.images) for g in by_class(labels)] == [
        ("fox", ("e", "f", "g")),
        ("cup", ("a", "c")),
    ]
    assert [g.name for g in by_folder(["/photos/cats/", "C:\\photos\\cups"])] == ["cats", "cups"]


def test_a_group_has_at_most_500_photos_and_says_of_how_many():
    paths = tuple(f"{n}.jpg" for n in range(500))
    group = GroupDraft("many").with_images(["a", "b"])
    assert obstacle([group, group], ["a", "b"], {}).startswith("Two groups have the same name")
    full = group.with_files((), ["f"])
    assert full.counted(["a"], {}) == "looking into the folder…"
    assert obstacle([full, replace(group, name="b")], "ab", {}).endswith("still being looked into.")
    found = {"f": Folder("f", paths, 800)}
    assert len(full.group(["a", "b"], found)) == 500
    assert full.counted(["a", "b"], found) == "500 of 802 photos"
    assert len(full.group([], found)) == 500
    small = GroupDraft("one", ("a",))
    assert obstacle([full, small], ["a"], found) == "“one” needs two photos at least."
    assert obstacle([full, replace(group, name="other")], ["a", "b"], found) == ""


def test_undo_takes_groups_back_but_not_what_is_known_of_their_folders():
    session = Session()

    def sort(*groups: GroupDraft) -> None:
        session.update(lambda now: replace(now, compared=now.compared.sorted_into(groups)))

    cats, cups = GroupDraft("cats", folders=("/cats",)), GroupDraft("cups", ("b",))
    sort(cats)
    listed = Folder("/cats", ("/cats/1.jpg",), 1)
    session.update(
        lambda now: replace(now, compared=now.compared.with_folder(listed)), undoable=False
    )
    sort(cats, cups)
    sort()
    session.undo()
    assert session.state.compared.groups == (cats, cups)
    session.undo()
    session.undo()
    assert session.state.compared.groups == ()
    session.redo()
    assert session.state.compared.groups == (cats,)
    assert session.state.compared.unlisted == ()  # its folder is not waited for again
    sort()
    sort(cats)  # brought anew, it may hold other photos by now
    assert session.state.compared.unlisted == ("/cats",)


def test_a_group_keeps_a_photo_that_is_taken_out_of_the_tray():
    images = tuple(ui_data.photo(f"{name}.jpg", 64 * name) for name in "abc")
    group = GroupDraft("all", tuple(one.id for one in images))
    session = Session(add_images(State(), images))

    def counted() -> str:
        state = session.state
        (one,) = state.compared.groups
        return one.counted([image.id for image in state.images], {})

    session.update(lambda now: replace(now, compared=now.compared.sorted_into([group])))
    session.update(lambda now: remove_image(now, images[1].id))
    assert counted() == "2 photos"
    session.undo()
    assert session.state.compared.groups == ()
    session.redo()
    assert session.state.compared.groups == (group,)
    session.update(lambda now: add_images(now, images[1:2]))
    assert counted() == "3 photos"
