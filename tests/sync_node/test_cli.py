"""The commands as a person types them: processes, exit codes, words, JSON."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import node_process
from tests.support.nodes import Node, process_node, publish
from tests.support.repositories import Repository
from tests.support.repository_server import RepositoryServer, serving

STRACE = shutil.which("strace") or ""


@pytest.fixture
def server(repository: Repository, tmp_path: Path) -> Iterator[RepositoryServer]:
    repository.offer("main", publish(repository, tmp_path, video_bytes=1_200_000))
    with serving(repository.root) as running:
        yield running


@pytest.fixture
def node(repository: Repository, server: RepositoryServer, tmp_path: Path) -> Node:
    return process_node(repository, server.url, tmp_path)


def says(node: Node, *arguments: str, code: int = 0) -> str:
    done = node_process.run(*arguments, "--data", node.root)
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout + done.stderr


def as_json(node: Node, *arguments: str, code: int = 0) -> dict:  # type: ignore[type-arg]  # JSON
    done = node_process.run(*arguments, "--json", "--data", node.root)
    assert done.returncode == code, done.stdout + done.stderr
    return dict(json.loads(done.stdout))


def test_a_nodes_first_day(repository: Repository, node: Node, tmp_path: Path) -> None:
    assert "no packs yet" in says(node, "status")
    assert "demo: 2 lessons are now at version 1" in says(node, "sync")
    assert "nothing new" in says(node, "sync")
    assert "demo: 2 of 2 lessons ready at version 1" in says(node, "status")
    assert "all is well" in says(node, "check")
    offer = publish(repository, tmp_path, 1, version=2, video_bytes=1_200_000, seeds={"two": 9})
    repository.offer("main", offer)
    found = as_json(node, "sync")
    assert found["outcome"] == "updated"
    assert {a["lesson"] for a in found["activated"]} == {"one", "two"}
    assert found["bytes_in"] > 1_000_000
    assert "back from version 2 to 1" in says(node, "rollback", "demo")
    status = as_json(node, "status")
    assert status["packs"][0]["held_version"] == 1
    assert status["last_tick"]["outcome"] == "updated"
    assert "rolled back, held" in says(node, "status")


def test_errors_have_words_a_hint_and_a_code(
    repository: Repository, server: RepositoryServer, node: Node
) -> None:
    assert "what to do" in says(node, "rollback", "demo", code=7)
    assert as_json(node, "rollback", "demo", code=7)["error"]["code"] == "missing"
    repository.sign(timestamp="root")
    assert "what to do" in says(node, "sync", code=6)
    assert as_json(node, "sync", code=6)["error"]["code"] == "untrusted"
    repository.sign()
    (repository.root / "manifests").rename(repository.root / "away")
    assert as_json(node, "sync", code=7)["outcome"] == "invalid"
    shutil.rmtree(server.root)
    assert as_json(node, "sync", code=7)["error"]["code"] == "missing"


def test_check_mends_and_ends_with_3(node: Node) -> None:
    says(node, "sync")
    says(node, "check")
    digest = next(iter(node.data_dir.stored_digests()))
    node.data_dir.store_path(digest).chmod(0o644)
    node.data_dir.store_path(digest).write_bytes(b"rot")
    found = as_json(node, "check", code=3)
    assert found["rotten"] == [digest]
    assert found["clean"] is False
    says(node, "check")
    says(node, "sync")
    node.data_dir.node_db.unlink()
    assert "sync-node check" in says(node, "status", code=9)
    assert "made anew" in says(node, "check", code=3)
    assert "2 of 2 lessons ready" in says(node, "status")


def test_init_can_be_run_again_but_not_over_another_node(
    repository: Repository, server: RepositoryServer, node: Node, tmp_path: Path
) -> None:
    root = tmp_path / "1.root.json"
    again = ("init", "--hub", server.url, "--trust", str(root))
    assert "nothing to do" in says(node, *again)
    assert "follows something else" in says(node, *again, "--channel", "trial", code=5)
    other = Repository(tmp_path / "other")
    root.write_bytes(other.first_root)
    assert "trusts another root" in says(node, *again, code=5)
    root.write_bytes(b"{}")
    assert "root" in says(node, *again, code=6)
    assert repository.first_root == (node.data_dir.trust / "1.root.json").read_bytes()


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("sync",), 2, "sync-node init"),
        (("status",), 2, "sync-node init"),
        (("check",), 2, "sync-node init"),
        (("run",), 2, "sync-node init"),
        (("rollback", "demo"), 2, "sync-node init"),
        (("rollback",), 2, "PACK"),
        (("init", "--hub", "http://h/", "--trust", "nowhere"), 2, "can't be read"),
        (("init", "--hub", "http://h/"), 2, "--trust"),
        (("sync", "--nonsense"), 2, "nonsense"),
        (("run", "--port", "70000"), 2, "port"),
    ],
)
def test_wrong_input_is_said(
    tmp_path: Path, arguments: tuple[str, ...], code: int, words: str
) -> None:
    done = node_process.run(*arguments, "--data", tmp_path / "nothing")
    assert done.returncode == code
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "nothing").exists()


def test_init_says_what_is_wrong_with_an_address(repository: Repository, tmp_path: Path) -> None:
    root = tmp_path / "1.root.json"
    root.write_bytes(repository.first_root)
    base = ("init", "--trust", root, "--data", tmp_path / "nothing")
    for wrong in (("--hub", "hub"), (), ("--hub", "http://h/", "--channel", "A B")):
        done = node_process.run(*base, *wrong)
        assert done.returncode == 2, done.stderr
    assert not (tmp_path / "nothing").exists()


def test_init_names_the_file_that_is_no_root_and_the_options_that_lack(
    repository: Repository, tmp_path: Path
) -> None:
    wrong = tmp_path / "letter.json"
    wrong.write_text('{"dear": "hub"}')
    base = ("init", "--data", tmp_path / "nothing", "--trust")
    done = node_process.run(*base, wrong, "--hub", "http://h/")
    assert done.returncode == 6
    assert f"{wrong}: is no root of trust" in done.stderr
    root = tmp_path / "1.root.json"
    root.write_bytes(repository.first_root)
    assert "--folder DIRECTORY" in node_process.run(*base, root).stderr


def test_a_folder_is_a_source(
    repository: Repository, server: RepositoryServer, tmp_path: Path
) -> None:
    repository.sign()
    root = tmp_path / "1.root.json"
    root.write_bytes(repository.first_root)
    data = tmp_path / "folder-node"
    made = node_process.run(
        "init", "--folder", repository.root, "--trust", root, "--data", data, "--json"
    )
    assert json.loads(made.stdout)["made"] is True
    assert node_process.run("sync", "--data", data).returncode == 0
    assert Node(data, []).lessons() == {"one": 1, "two": 1}
    assert not server.requests


@pytest.mark.skipif(not STRACE, reason="needs strace, which makes a call fail")
@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        ("pwrite64", "ENOSPC:when=20+", "full"),
        ("fsync", "EIO:when=6", "disk"),
        ("rename", "EROFS:when=7+", "read-only"),
    ],
)
def test_a_failing_disk_is_said_and_what_is_served_goes_on(
    node: Node, call: str, error: str, words: str
) -> None:
    tracer = (STRACE, "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}",
              "-e", f"inject={call}:error={error}")  # fmt: skip
    process = node_process.start("sync", "--data", node.root, under=tracer, stdout=-1)
    _, stderr = process.communicate(timeout=node_process.SECONDS_MAX)
    assert process.returncode == 9, stderr
    assert words in stderr
    assert "Traceback" not in stderr
    node.check_nothing_false()
    says(node, "sync")
    assert node.lessons() == {"one": 1, "two": 1}
