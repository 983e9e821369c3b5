"""The command line: what a person reads, what a script reads, and how each failure is said."""

import json
from pathlib import Path

import pytest

from hub.hub import Hub
from tests.hub.clients import client_of
from tests.hub.commands import Commands
from tests.support.folders import sound_files, write_folder


@pytest.fixture
def new(tmp_path: Path) -> Commands:
    return Commands(tmp_path / "new")


@pytest.fixture
def on(filled: Hub) -> Commands:
    """Commands on a hub with demo 1 and 2 published, and 1 released on `main`."""
    return Commands(filled.data.root)


def test_a_hub_from_nothing_to_a_node(
    new: Commands, cpacks: dict[str, Path], tmp_path: Path
) -> None:
    said = new.say("init", "--channel", "county")
    assert "Move these keys offline now" in said
    assert str(new.root / "keys" / "root-3.pem") in said
    assert str(new.root / "repository" / "metadata" / "1.root.json") in said
    said = new.say("publish", cpacks["1"])
    assert "demo 1 is published" in said
    assert "hub release demo --version 1 --channel NAME" in said
    assert new.say("release", "demo", "--version", "1", "--channel", "county") == (
        "county offers demo 1.\n"
    )
    assert new.say("publish", cpacks["2"], "--release", "county").endswith(
        "county offers demo 2 in place of 1.\n"
    )
    client = client_of(new.root, tmp_path / "client")
    assert client.versions("county") == {"demo": 2}


def test_a_folder_is_built_and_published(new: Commands, tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "folder", sound_files())
    new.say("init")
    published = new.json("publish", folder, "--release", "main")
    assert published["published"]["version"]["title"] == {"en": "Demo", "zh": "示例"}
    assert published["released"]["offer"]["version"] == 1
    assert new.json("publish", folder)["published"]["already"]
    client = client_of(new.root, tmp_path / "client")
    (offer,) = client.offers()
    assert "cover.png" in client.files(offer)


def test_the_faults_of_a_folder_are_all_said(new: Commands, tmp_path: Path) -> None:
    files = {**sound_files(), "pack.toml": "id = 7\n", "01-halves/intro.en.md": "![](nothing.png)"}
    new.say("init")
    code, said = new.fail("publish", write_folder(tmp_path / "folder", files))
    assert code == 4
    assert said.count("error: pack.toml") > 1
    assert "what to do" in said


def test_json_of_each_command(new: Commands, cpacks: dict[str, Path]) -> None:
    made = new.json("init")
    assert len(made["offline_keys"]) == 3
    assert new.json("publish", cpacks["1"])["published"]["version"]["version"] == 1
    offered = new.json("release", "demo", "--version", "1", "--channel", "main")
    assert (offered["offer"]["pack"], offered["already"]) == ("demo", False)
    assert new.json("channels", "add", "second") == {"channel": "second", "added": True}
    assert new.json("channels", "add", "second") == {"channel": "second", "added": False}
    assert [channel["channel"] for channel in new.json("channels")["channels"]] == [
        "main", "second"
    ]  # fmt: skip
    assert new.json("packs")["packs"][0]["offered"] == {"main": 1}
    assert new.json("status")["channels"][0]["offers"][0]["version"] == 1
    assert new.json("refresh") == {"signed": []}
    assert "timestamp" in new.json("refresh", "--all")["signed"]
    assert new.json("withdraw", "demo", "--version", "1")["channels"] == ["main"]


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["release", "demo", "--version", "3", "--channel", "main"], 7, "has no version 3"),
        (["release", "demo", "--version", "1", "--channel", "x"], 7, "there is no channel 'x'"),
        (["release", "demo", "--version", "0", "--channel", "main"], 2, "0 is not in the range"),
        (
            ["release", "demo", "--version", "1", "--channel", "main", "--rollout", "0"],
            2,
            "rollout: 0, expected 1 to 100",
        ),
        (["publish", "/nowhere.cpack"], 7, "/nowhere.cpack: there is no such file"),
        (["publish", "/dev/null"], 3, "neither a file nor a folder"),
        (["channels", "add", "Not A Name"], 2, "'Not A Name' is not a name"),
        (["withdraw", "demo", "--version", "9"], 7, "has no version 9"),
        (["init"], 2, "there is a hub here already"),
        (["publish"], 2, "Missing argument"),
    ],
)
def test_failures_have_words_and_a_code(
    on: Commands, arguments: list[str], code: int, says: str
) -> None:
    ended, said = on.fail(*arguments)
    assert ended == code, said
    assert says in said


def test_failures_are_json_for_scripts(on: Commands) -> None:
    result = on.run("release", "nope", "--version", "1", "--channel", "main", "--json")
    assert result.exit_code == 7
    error = json.loads(result.stdout)["error"]
    assert error["code"] == "missing"
    assert "nope" in error["message"]
    assert error["hint"]


def test_a_channel_that_is_missing_is_said_before_anything_is_published(
    on: Commands, cpacks: dict[str, Path]
) -> None:
    code, said = on.fail("publish", cpacks["3"], "--release", "nope")
    assert code == 7
    assert "there is no channel 'nope'" in said
    assert len(on.json("packs")["packs"][0]["versions"]) == 2


def test_no_hub_no_commands(new: Commands) -> None:
    for command in ("status", "packs", "channels", "refresh", "serve"):
        code, said = new.fail(command)
        assert code == 2
        assert "there is no hub here" in said
        assert f"hub init --data {new.root}" in said
    assert not new.root.exists()


def test_the_data_directory_can_stand_on_either_side(on: Commands, new: Commands) -> None:
    assert new.run("channels", "--data", str(on.root), "add", "second").exit_code == 0
    assert new.run("channels", "add", "third", "--data", str(on.root)).exit_code == 0
    assert [channel["channel"] for channel in on.json("channels")["channels"]] == [
        "main", "second", "third"
    ]  # fmt: skip


def test_a_release_says_its_terms(on: Commands) -> None:
    said = on.say(
        "release", "demo", "--version", "2", "--channel", "main", "--rollout", "10",
        "--activate-at", "2027-09-01T08:00:00+08:00", "--needed-by", "2027-09-07T00:00:00Z",
    )  # fmt: skip
    assert said == (
        "main offers demo 2 in place of 1.\n"
        "  to 10% of its nodes\n"
        "  lessons switch at 2027-09-01T00:00:00Z\n"
        "  needed by 2027-09-07T00:00:00Z\n"
    )


def test_a_withdrawal_says_what_nodes_will_do(on: Commands) -> None:
    on.say("release", "demo", "--version", "2", "--channel", "main")
    said = on.say("withdraw", "demo", "--version", "2")
    assert "main: demo 2 is no longer offered." in said
    assert "nodes stop showing demo" in said
    assert "hub release demo --version 1 --channel main" in said
    assert "demo 2 was not on offer." in on.say("withdraw", "demo", "--version", "2")


def test_a_withdrawal_that_falls_back_says_so(on: Commands) -> None:
    on.say("release", "demo", "--version", "2", "--channel", "main")
    said = on.say("withdraw", "demo", "--version", "2", "--fall-back-to", "1")
    assert "demo 1 is offered instead; nodes go back to it at their next sync." in said


def test_lists_for_people(on: Commands) -> None:
    assert "2  " in on.say("packs")
    assert "offered on main" in on.say("packs")
    assert "demo 1  rollout 100%" in on.say("channels")
    said = on.run("status")
    assert "packs 1, versions 2, channels 1" in said.stdout
    assert "timestamp 3: until" in said.stdout
    assert "warning: root keys are still on this machine" in said.stderr
    on.say("withdraw", "demo", "--version", "1")
    assert "withdrawn 20" in on.say("packs")
    assert "main: nothing yet" in on.say("status")


def test_an_empty_hub_says_what_to_do(new: Commands) -> None:
    new.say("init")
    assert "hub publish FILE.cpack" in new.say("packs")
    assert new.say("refresh") == "Nothing is due.\n"


@pytest.mark.hub_db
def test_a_hub_that_lost_its_database_says_so_and_makes_no_empty_one(
    on: Commands, cpacks: dict[str, Path]
) -> None:
    for path in on.root.glob("hub.db*"):
        path.unlink()
    code, said = on.fail("publish", cpacks["3"])
    assert code == 6
    assert "hub.db: is missing" in said
    assert "backup" in said
    assert not (on.root / "hub.db").exists()
