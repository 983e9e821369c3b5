"""Room is made while a person decides otherwise: what was decided counts."""

import os
import subprocess
import threading
import time
from pathlib import Path

import pytest

from content_packs.durable import check_writable
from sync_node.documents import Documents
from sync_node.sources import Sources
from sync_node.space import Space
from sync_node.store import Store
from sync_node.tidying import tidy
from tests.support import node_process
from tests.support.nodes import Node, publish
from tests.support.repositories import Repository
from tests.support.small_disk import small_disk


@pytest.fixture
def updated(repository: Repository, node: Node, tmp_path: Path) -> Node:
    repository.offer("main", publish(repository, tmp_path, lessons=("one", "two")))
    node.sync_well()
    repository.offer(
        "main",
        publish(repository, tmp_path, 1, version=2, lessons=("one", "two"), seeds={"one": 9}),
    )
    node.sync_well()
    return node


def ask(node: Node, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return node_process.run(*arguments, "--data", node.root)


def make_room_while(node: Node, slow: Path, *command: str) -> "subprocess.CompletedProcess[str]":
    """Make all the room there can be; a person asks for something while what is there is looked at.

    A pipe in place of the manifest `slow` keeps whoever makes room where we want it.
    """
    data = slow.read_bytes()
    slow.unlink()
    os.mkfifo(slow)
    failed: list[BaseException] = []

    def make_room() -> None:
        try:
            with node.opened():
                store = Store(node.data_dir)
                space = Space(node.data_dir, store, free=small_disk(node, beside=0))
                space.make_room(1)
        except BaseException as error:  # noqa: BLE001  # told below
            failed.append(error)

    working = threading.Thread(target=make_room)
    working.start()
    with slow.open("wb") as pipe:  # from here on it is known what each version is for
        slow.rename(slow.with_name("pipe"))
        slow.write_bytes(data)
        done = ask(node, *command)
        pipe.write(data)
    working.join()
    slow.with_name("pipe").unlink()
    assert not failed
    return done


def test_the_version_that_a_person_goes_back_to_stays(
    repository: Repository, updated: Node
) -> None:
    slow = updated.data_dir.manifest_path(repository.published["demo", 2].offer.manifest)
    done = make_room_while(updated, slow, "rollback", "demo")
    assert done.returncode == 0, done.stderr
    assert updated.lessons() == {"one": 1, "two": 1}
    updated.check_nothing_false()


def test_a_retired_pack_that_a_person_pins_stays(repository: Repository, updated: Node) -> None:
    repository.offered["main"].clear()
    repository.sign()
    updated.sync_well()
    slow = updated.data_dir.manifest_path(repository.published["demo", 2].offer.manifest)
    done = make_room_while(updated, slow, "pin", "demo")
    assert done.returncode == 0, done.stderr
    assert updated.lessons() == {"one": 2, "two": 2}
    updated.check_nothing_false()


def test_who_tries_the_disk_meanwhile_disturbs_nobody(updated: Node) -> None:
    """The technician's page writes a byte under incoming/, and takes it away again."""
    is_over = threading.Event()

    def try_the_disk() -> None:
        while not is_over.is_set():
            check_writable(updated.data_dir.incoming)

    trying = threading.Thread(target=try_the_disk)
    trying.start()
    try:
        with updated.opened():
            store = Store(updated.data_dir)
            documents = Documents(updated.data_dir, Sources([]))
            until = time.monotonic() + 1.5
            while time.monotonic() < until:
                tidy(updated.data_dir, store, documents)
    finally:
        is_over.set()
        trying.join()
