"""`hub packs`, `retention`, `uploads` and `drop-folder`, as they are typed."""

from pathlib import Path

import pytest

from hub.hub import Hub
from hub.uploads import receiving
from tests.hub.commands import Commands
from tests.hub.uploads.tus_client import ANNA


@pytest.fixture
def typed(filled: Hub) -> Commands:
    return Commands(filled.data.root)


def test_a_packs_story_says_who_released_what(typed: Commands) -> None:
    typed.say("release", "demo", "--version", "2", "--channel", "main")
    said = typed.say("packs", "show", "demo")
    assert "offered on main" in said
    assert "by command:" in said
    story = typed.json("packs", "show", "demo")
    assert [one["version"] for one in story["releases"]] == [2, 1]
    assert story["releases"][0]["actor"].startswith("command:")


def test_the_log_tells_of_no_withdrawal_that_changed_nothing(typed: Commands) -> None:
    withdraw = ("withdraw", "demo", "--version", "2")
    assert typed.fail(*withdraw, "--channel", "main", "--fall-back-to", "9")[0] == 5
    assert typed.json(*withdraw, "--channel", "main", "--fall-back-to", "1")["already"] is True
    assert "withdrawn" not in typed.say("audit")
    assert [typed.json(*withdraw)["already"] for _ in range(2)] == [False, True]
    assert len(typed.json("audit", "--event", "withdrawn")["entries"]) == 1


def test_lessons_and_differences_are_told(typed: Commands) -> None:
    outline = typed.json("packs", "lessons", "demo", "1")
    lesson = outline["lessons"][0]["lesson"]
    one = typed.json("packs", "lessons", "demo", "1", lesson)
    assert [line["lesson"] for line in one["lessons"]] == [lesson]
    assert "(intro)" in typed.say("packs", "lessons", "demo", "1")
    said = typed.say("packs", "differences", "demo", "1", "2")
    assert "A school that has 1 fetches" in said
    found = typed.json("packs", "differences", "demo", "1", "2")
    assert found["without"] < found["whole"]
    assert typed.fail("packs", "differences", "demo", "2", "1")[0] == 2
    assert typed.fail("packs", "show", "nowhere")[0] == 7


def test_retention_says_why_everything_stays(typed: Commands) -> None:
    assert "stays  demo 2  (newest" in typed.say("retention", "--dry-run")
    done = typed.json("retention")
    assert done["done"] is True
    assert done["plan"]["goes"] == []


def test_uploads_are_listed_and_removed(typed: Commands, filled: Hub) -> None:
    made = receiving.create(filled, ANNA, "a.cpack", 10)  # before commands open the hub anew
    assert made.id in typed.say("uploads", "list")
    assert typed.fail("uploads", "publish", made.id)[0] == 5
    typed.say("uploads", "remove", made.id)
    assert typed.json("uploads", "list")["uploads"] == []


def test_a_publishers_drop_folder_is_made_and_listed(
    typed: Commands, cpacks: dict[str, Path]
) -> None:
    folder = Path(typed.json("drop-folder", "add", "satchel")["folder"])
    (folder / "x.cpack").write_bytes(cpacks["1"].read_bytes())
    assert "satchel/x.cpack  settling" in typed.say("drop-folder", "list")
    assert typed.fail("drop-folder", "add", "../elsewhere")[0] == 3
