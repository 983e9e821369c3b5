"""Pins: said by a person, kept in a file of their own, whatever becomes of node.db."""

import json
from pathlib import Path

import pytest

from content_packs.errors import InvalidContent, Missing
from sync_node import choices, config, pinning
from sync_node.choices import Choices, Hold, Pin, pins_in_words
from tests.support import node_process
from tests.support.nodes import Node, publish
from tests.support.repositories import Repository


@pytest.fixture
def synced(repository: Repository, node: Node, tmp_path: Path) -> Node:
    repository.offer("main", publish(repository, tmp_path))
    node.sync_well()
    return node


def pin(node: Node, *what: str) -> tuple[Pin, ...]:
    with node.opened():
        return pinning.pin(node.data_dir, Pin(*what))


def test_a_pack_and_a_lesson(synced: Node) -> None:
    assert choices.read(synced.data_dir) == Choices()
    pin(synced, "demo", "two")
    assert pin(synced, "demo", "two") == (Pin("demo", "two"),), "twice is once"
    assert pin(synced, "demo") == (Pin("demo"), Pin("demo", "two"))
    found = choices.read(synced.data_dir)
    assert found.pins_lesson("demo", "one")
    assert not found.pins_lesson("other", "one")
    assert pins_in_words(found.pins) == "demo; demo, lesson two"
    assert pinning.unpin(synced.data_dir, Pin("demo", "two")) == (Pin("demo"),)
    assert pinning.unpin(synced.data_dir, Pin("demo")) == ()
    assert pins_in_words(()) == "nothing"


def test_unpinning_a_pack_unpins_its_lessons(synced: Node) -> None:
    pin(synced, "demo", "one")
    pin(synced, "demo", "two")
    assert pinning.unpin(synced.data_dir, Pin("demo")) == ()
    assert pinning.unpin(synced.data_dir, Pin("never-heard-of")) == ()


def test_what_isnt_here_cant_be_pinned(synced: Node) -> None:
    with pytest.raises(Missing, match="no such pack"):
        pin(synced, "dmeo")
    with pytest.raises(Missing, match="no lesson tow"):
        pin(synced, "demo", "tow")


def test_a_lesson_that_is_still_on_its_way_can_be_pinned(
    repository: Repository, node: Node, tmp_path: Path
) -> None:
    repository.offer("main", publish(repository, tmp_path))
    (repository.root / "bundles").rename(tmp_path / "away")
    node.sync()
    assert node.lessons() == {}
    assert pin(node, "demo", "two")


def test_a_hold_leaves_pins_alone(synced: Node) -> None:
    pin(synced, "demo")
    for version in (1, 2):
        hold = Hold("demo", version, version + 1)
        choices.change(synced.data_dir, lambda before, hold=hold: choices.with_hold(before, hold))
    assert choices.read(synced.data_dir) == Choices(pins=(Pin("demo"),), holds=(hold,))


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format":2}', '{"pins":[{"pakc":"x"}]}'])
def test_a_damaged_file_isnt_taken_for_an_empty_one(synced: Node, text: str) -> None:
    synced.data_dir.choices.write_text(text)
    with pytest.raises(InvalidContent, match=r"choices\.json"):
        choices.read(synced.data_dir)
    with pytest.raises(InvalidContent):
        pin(synced, "demo")
    assert synced.data_dir.choices.read_text() == text, "and isn't written over"


def test_as_a_technician_types_it(synced: Node) -> None:
    config.write(synced.data_dir, synced.config)

    def said(*arguments: str) -> str:
        done = node_process.run(*arguments, "--data", synced.root)
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert said("pin", "demo", "two") == "pinned: demo, lesson two\n"
    assert json.loads(said("pin", "demo", "--json"))["pins"] == [
        {"pack": "demo", "lesson": ""},
        {"pack": "demo", "lesson": "two"},
    ]
    assert "pinned: demo; demo, lesson two" in said("status")
    assert json.loads(said("status", "--json"))["pins"][1]["lesson"] == "two"
    assert said("unpin", "demo") == "pinned: nothing\n"
    assert "pinned" not in said("status")
    refused = node_process.run("pin", "demo", "no-such-lesson", "--data", synced.root)
    assert refused.returncode == Missing.exit_code
    assert "what to do" in refused.stderr
