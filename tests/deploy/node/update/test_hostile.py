"""What root parses comes from somebody else: whatever it is, it is told of, and nothing is run."""

import contextlib
import json
import threading
from collections.abc import Callable
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from securesystemslib.formats import encode_canonical

from deploy.node.update import asking, health, main, manifest, memory, signed, trust
from deploy.node.update.faults import Invalid, UpdateError
from deploy.node.update.limits import LOOK_SECONDS, SERVES_SECONDS, TRIAL_SECONDS
from deploy.node.update.memory import Memory, Ready
from deploy.node.update.trust import Seen, Wanted
from sync_node.data_dir import DataDir
from sync_node.system import box_slots, requests

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=20,
)
DIGEST = "0123456789abcdef" * 4
FEW = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def refused(deed: Callable[[], object]) -> None:
    """It may be understood, or refused in words; nothing else."""
    with contextlib.suppress(UpdateError):
        deed()


@FEW
@given(st.binary(max_size=400) | JSON.map(lambda value: json.dumps(value).encode()))
@example(b"[" * 100_000)
@example(b'{"a": 1, "a": 2}')
@example(b'{"a": NaN}')
@example(b'"\\ud800"')
def test_anything_may_stand_in_the_files(data: bytes) -> None:
    refused(lambda: asking.read(data, "boot"))
    refused(lambda: manifest.read(data, pack="p", version=1, slot="a"))
    refused(lambda: trust.check_pinned(data, what="root"))
    refused(lambda: signed.read(data, "targets", what="targets"))
    refused(lambda: main.release(data, what="release.toml"))


@FEW
@given(
    st.fixed_dictionaries(
        {
            "signed": st.fixed_dictionaries(
                {"_type": st.just("root"), "version": st.integers()},
                optional={"roles": JSON, "keys": JSON, "\ud800": JSON},
            ),
            "signatures": JSON,
        }
    )
)
def test_a_root_of_any_shape_is_refused(plain: dict[str, Any]) -> None:
    with pytest.raises(UpdateError):
        trust.check_pinned(json.dumps(plain).encode(), what="root")


@FEW
@given(JSON)
def test_what_is_signed_is_spelt_as_others_spell_it(value: Any) -> None:
    try:
        expected = encode_canonical(value)
    except UnicodeEncodeError:
        return
    assert signed.canonical(value) == expected


@FEW
@given(
    st.none() | st.builds(
        Ready,
        st.builds(Wanted, st.text(max_size=9), st.integers(1, 99), st.just(DIGEST)),
        st.sampled_from("ab"), st.integers(0, 5),
    ),
    st.lists(st.tuples(st.integers(1, 99), st.text(max_size=20)), max_size=5),
    st.builds(Seen, st.integers(0, 99), st.integers(0, 99)),
)  # fmt: skip
def test_what_is_remembered_is_what_was(
    tmp_path: Path, ready: Ready | None, failed: list[tuple[int, str]], seen: Seen
) -> None:
    known = Memory(ready, tuple(failed), seen)
    memory.save(tmp_path, known)
    assert memory.load(tmp_path) == known


@FEW
@given(st.binary(max_size=300) | JSON.map(lambda value: json.dumps(value).encode()))
def test_a_damaged_memory_is_an_empty_one(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "satchel").mkdir(exist_ok=True)
    (tmp_path / "satchel/update.json").write_bytes(data)
    found = memory.load(tmp_path)
    assert found.ready is None
    memory.save(tmp_path, found)


@pytest.mark.parametrize(
    "changed",
    [
        {"do": "run"}, {"do": ["write"]}, {"pack": "../../etc"}, {"pack": "A"}, {"version": 0},
        {"version": True}, {"version": "2"}, {"version": 2**40}, {"manifest": "ab"}, {"more": 1},
        {"manifest": "../" + DIGEST[:61]}, {"format": 2},
    ],
)  # fmt: skip
def test_a_request_is_spelt_one_way(changed: dict[str, Any]) -> None:
    plain = {
        "format": 1, "boot": "x", "do": "write", "pack": "system", "version": 2, "manifest": DIGEST
    }  # fmt: skip
    assert asking.read(json.dumps(plain).encode(), "x")
    assert asking.read(json.dumps(plain).encode(), "y") is None
    with pytest.raises(Invalid):
        asking.read(json.dumps(plain | changed).encode(), "x")


def test_node_and_root_understand_each_other(tmp_path: Path) -> None:
    data_dir = DataDir(tmp_path)
    requests.ask(data_dir, "write", requests.Wanted("system", 2, DIGEST), "this-start")
    assert requests.is_under_way(data_dir)
    taken = asking.take(data_dir.run, "this-start")
    assert taken == asking.Request("write", Wanted("system", 2, DIGEST))
    assert requests.is_under_way(data_dir)
    asking.end(data_dir.run)
    assert not requests.is_under_way(data_dir)
    failed = ((2, "it didn't serve ü"),)
    asking.say(
        data_dir.run,
        asking.Said("boot", "arm64", "b", 3, "0.1.0", "trying", 4, 5, failed, ("refused", "no")),
    )
    found = box_slots.read(data_dir)
    assert found
    assert (found.arch, found.slot, found.version, found.doing) == ("arm64", "b", 3, "trying")
    assert (found.wanted, found.ready, found.failed) == (4, 5, failed)
    assert (found.trouble.code, found.trouble.text) == ("refused", "no")
    assert not found.takes(2)
    assert not found.takes(3)
    assert found.takes(4)


@FEW
@given(st.binary(max_size=300) | JSON.map(lambda value: json.dumps(value).encode()))
def test_a_node_believes_no_file_that_is_not_roots(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "run").mkdir(exist_ok=True)
    (tmp_path / "run/system.json").write_bytes(data)
    assert box_slots.read(DataDir(tmp_path)) is None


def test_a_link_in_the_nodes_folder_is_not_written_through(tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    precious = tmp_path / "precious"
    precious.write_text("root's")
    for name in ("system.json", "system.json.part"):
        (run / name).symlink_to(precious)
    asking.say(run, asking.Said("boot", "arm64", "a", 1, ""))
    assert precious.read_text() == "root's"
    assert not (run / "system.json").is_symlink()


@pytest.mark.parametrize(
    ("line", "slot"),
    [
        ("quiet satchel.slot=a panic=10\n", "a"), ("satchel.slot=b", "b"), ("quiet", ""),
        ("satchel.slot=c", ""), ("xsatchel.slot=a", ""), ("satchel.slot=ab", ""),
    ],
)  # fmt: skip
def test_the_kernels_command_line_names_the_slot(line: str, slot: str) -> None:
    assert main.slot_of(line) == slot


def test_a_box_without_slots_does_nothing(tmp_path: Path) -> None:
    (tmp_path / "cmdline").write_text("quiet\n")
    assert main.main(["begin", "--proc", str(tmp_path), "--data", str(tmp_path / "none")]) == 0
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("asked", [b"{}", b"x" * 9_000])
def test_what_is_no_request_is_over_at_once(tmp_path: Path, asked: bytes) -> None:
    """Left where it is taken to, the node would wait for it until the box is started again."""
    data_dir = DataDir(tmp_path)
    data_dir.run.mkdir()
    (data_dir.run / asking.ASKED).write_bytes(asked)
    proc = tmp_path / "proc/sys/kernel/random"
    proc.mkdir(parents=True)
    (proc / "boot_id").write_text("this-start\n")
    (tmp_path / "proc/cmdline").write_text("satchel.slot=a\n")
    (tmp_path / "release.toml").write_text('system = 1\nsatchel = "0.1"\n')
    words = ["take", "--data", str(tmp_path), "--region", f"a:{tmp_path}/x:0:1"]
    for name in ("proc", "release.toml", "lock", "boot"):
        words += [f"--{name.removesuffix('.toml')}", str(tmp_path / name)]
    assert main.main(words) == Invalid.exit_code
    assert not requests.is_under_way(data_dir)


class _Site(BaseHTTPRequestHandler):
    def __init__(self, status: int, *arguments: Any) -> None:
        self._status = status
        super().__init__(*arguments)

    def do_GET(self) -> None:
        self.send_response(self._status)
        self.end_headers()
        self.wfile.write(b"<!doctype html>")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.mark.parametrize(("status", "good"), [(200, True), (302, True), (500, False), (404, False)])
def test_a_site_that_answers_is_one_that_gives_a_page(status: int, *, good: bool) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Site, status))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        assert health.answers("127.0.0.1", server.server_address[1]) is good
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert not health.answers("127.0.0.1", server.server_address[1])


class _Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.mark.parametrize(
    ("answers", "serves"),
    [
        (lambda _now: True, True),
        (lambda now: now > 300, True),  # it takes five minutes to come up
        (lambda now: now > TRIAL_SECONDS - SERVES_SECONDS + LOOK_SECONDS, False),  # too late
        (lambda now: now % 120 < 100, False),  # it goes down again and again
        (lambda _now: False, False),
    ],
)
def test_it_has_to_answer_for_some_minutes_without_a_break(
    answers: Callable[[float], bool], *, serves: bool
) -> None:
    clock = _Clock()
    found = health.serves(
        lambda: answers(clock.now), monotonic=lambda: clock.now, sleep=clock.sleep
    )
    assert found is serves
    assert clock.now <= TRIAL_SECONDS + LOOK_SECONDS
