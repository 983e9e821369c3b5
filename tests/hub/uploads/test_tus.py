"""tus 1.0 as a client meets it: bytes come in pieces, over cuts, and what is refused is told."""

import base64
import contextlib
import hashlib
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content_packs.errors import InvalidContent, InvalidPath, Missing, Refused, UsageError
from content_packs.limits import MIB
from hub.hub import Hub
from hub.people.actor import Actor
from hub.uploads import files, metadata, receiving, tus
from hub.uploads.errors import (
    ChecksumMismatch,
    NoRoom,
    OffsetConflict,
    TusVersion,
    UploadBusy,
    UploadGone,
)
from hub.uploads.limits import UPLOAD_NOTE_BYTES, UPLOADS_OF_ONE_MAX
from tests.hub.clients import MovableClock
from tests.hub.uploads.tus_client import ANNA, CHIEF, TusClient, named

DATA = bytes(range(256)) * 40


def bytes_of(hub: Hub, upload: str) -> bytes:
    return files.path_of(hub, upload).read_bytes()


def sha256(data: bytes) -> str:
    return f"sha256 {base64.b64encode(hashlib.sha256(data).digest()).decode()}"


def test_options_say_what_the_server_does(anna: TusClient) -> None:
    said = anna.ask("OPTIONS")
    assert said.status == 204
    assert said.headers["Tus-Version"] == "1.0.0"
    assert set(said.headers["Tus-Extension"].split(",")) == {
        "creation", "creation-with-upload", "checksum", "expiration", "termination"
    }  # fmt: skip


def test_a_file_comes_in_pieces(anna: TusClient, hub: Hub) -> None:
    upload = anna.create(len(DATA))
    assert anna.offset(upload) == 0
    first = anna.patch(upload, 0, DATA[:4_000])
    assert (first.status, first.headers["Upload-Offset"]) == (204, "4000")
    assert first.headers["Upload-Expires"].endswith("GMT")
    assert first.whole is None
    last = anna.patch(upload, 4_000, DATA[4_000:])
    assert last.whole
    assert last.whole.name == "a.cpack"
    assert bytes_of(hub, upload) == DATA


def test_creation_can_bring_the_first_bytes(anna: TusClient) -> None:
    made = anna.ask(
        "POST", "", DATA[:100], upload_length=len(DATA), upload_metadata=named("b.zip"),
        content_type=tus.PIECE,
    )  # fmt: skip
    assert (made.status, made.headers["Upload-Offset"]) == (201, "100")


def test_what_came_before_the_link_broke_stays(anna: TusClient, hub: Hub) -> None:
    def broken() -> Iterator[bytes]:
        yield DATA[:1_000]
        yield DATA[1_000:1_500]

    upload = anna.create(len(DATA))
    anna.patch(upload, 0, broken())
    assert anna.offset(upload) == 1_500
    anna.patch(upload, 1_500, DATA[1_500:])
    assert bytes_of(hub, upload) == DATA


def test_a_long_piece_is_noted_on_the_way(anna: TusClient, hub: Hub) -> None:
    seen = []

    def pieces() -> Iterator[bytes]:
        for _ in range(3 * UPLOAD_NOTE_BYTES // MIB):
            yield bytes(MIB)
            seen.append(receiving.find(hub, ANNA, upload).received)

    upload = anna.create(64 * MIB)
    anna.patch(upload, 0, pieces())
    assert UPLOAD_NOTE_BYTES in seen


def test_a_piece_elsewhere_is_a_conflict(anna: TusClient) -> None:
    upload = anna.create(len(DATA))
    anna.patch(upload, 0, DATA[:100])
    for offset in (0, 50, 101):
        with pytest.raises(OffsetConflict):
            anna.patch(upload, offset, DATA)
    assert anna.offset(upload) == 100


def test_what_a_killed_process_wrote_past_its_note_is_cut_off(anna: TusClient, hub: Hub) -> None:
    upload = anna.create(len(DATA))
    anna.patch(upload, 0, DATA[:100])
    with files.path_of(hub, upload).open("ab") as file:
        file.write(b"never acknowledged")
    assert anna.offset(upload) == 100
    anna.patch(upload, 100, DATA[100:])
    assert bytes_of(hub, upload) == DATA


def test_one_request_at_a_time_writes(anna: TusClient, hub: Hub) -> None:
    upload = anna.create(len(DATA))
    with files.held(files.path_of(hub, upload)), pytest.raises(UploadBusy):
        anna.patch(upload, 0, DATA)


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
def test_a_piece_with_its_checksum_is_taken(anna: TusClient, algorithm: str) -> None:
    upload = anna.create(len(DATA))
    digest = base64.b64encode(hashlib.new(algorithm, DATA[:500]).digest()).decode()
    anna.patch(upload, 0, DATA[:500], upload_checksum=f"{algorithm} {digest}")
    assert anna.offset(upload) == 500


def test_a_damaged_piece_leaves_nothing(anna: TusClient, hub: Hub) -> None:
    upload = anna.create(len(DATA))
    anna.patch(upload, 0, DATA[:100])
    with pytest.raises(ChecksumMismatch):
        anna.patch(upload, 100, b"x" * 400, upload_checksum=sha256(DATA[100:500]))
    assert anna.offset(upload) == 100
    anna.patch(upload, 100, DATA[100:], upload_checksum=sha256(DATA[100:]))
    assert bytes_of(hub, upload) == DATA


@pytest.mark.parametrize("checksum", ["md5 AAAA", "sha256 %%%", "sha256", "", "sha256 ä"])
def test_a_checksum_that_is_none_is_refused(anna: TusClient, checksum: str) -> None:
    upload = anna.create(len(DATA))
    with pytest.raises((UsageError, ChecksumMismatch)):
        anna.patch(upload, 0, DATA, upload_checksum=checksum)
    assert anna.offset(upload) == 0


def test_more_than_was_announced_is_refused(anna: TusClient) -> None:
    upload = anna.create(100)
    with pytest.raises(NoRoom):
        anna.patch(upload, 0, DATA)
    assert anna.offset(upload) == 0


def test_an_ended_upload_is_gone_with_its_bytes(anna: TusClient, hub: Hub) -> None:
    upload = anna.create(len(DATA))
    anna.patch(upload, 0, DATA[:100])
    assert anna.ask("DELETE", upload).status == 204
    assert not files.path_of(hub, upload).exists()
    with pytest.raises(Missing):
        anna.offset(upload)


def test_an_upload_expires(anna: TusClient, hub: Hub, clock: MovableClock) -> None:
    upload = anna.create(len(DATA))
    clock.go_on(days=6)
    anna.patch(upload, 0, DATA[:100])
    clock.go_on(days=6)
    assert anna.offset(upload) == 100
    clock.go_on(days=2)
    with pytest.raises(UploadGone):
        anna.patch(upload, 100, DATA[100:])
    assert receiving.sweep(hub) == 1
    assert not files.path_of(hub, upload).exists()


def test_a_file_without_a_row_is_swept(anna: TusClient, hub: Hub) -> None:
    kept = anna.create(10)
    anna.patch(kept, 0, b"12345")
    orphan = files.path_of(hub, "ab" * 16)
    orphan.write_bytes(b"nobody's")
    receiving.sweep(hub)
    assert not orphan.exists()
    assert anna.offset(kept) == 5


def test_another_publishers_upload_is_as_one_that_is_not(
    anna: TusClient, bao: TusClient, chief: TusClient
) -> None:
    upload = anna.create(len(DATA))
    with pytest.raises(Missing) as foreign:
        bao.offset(upload)
    with pytest.raises(Missing) as nowhere:
        bao.offset("0" * 32)
    assert foreign.value.message == nowhere.value.message
    for act in (lambda: bao.patch(upload, 0, DATA), lambda: bao.ask("DELETE", upload)):
        with pytest.raises(Missing):
            act()
    assert not receiving.list_uploads(bao.hub, bao.actor)
    assert chief.offset(upload) == 0


@pytest.mark.parametrize("role", ["operator", "teacher", "auditor"])
def test_who_may_not_publish_uploads_nothing(hub: Hub, role: str) -> None:
    client = TusClient(hub, Actor("eve", role, "console"))  # type: ignore[arg-type]
    with pytest.raises(Refused):
        client.create(10)


def test_other_versions_of_the_protocol_are_told_ours(anna: TusClient) -> None:
    anna.headers["tus-resumable"] = "0.2.2"
    with pytest.raises(TusVersion):
        anna.create(10)


def test_a_method_that_a_proxy_does_not_know_can_be_named(anna: TusClient) -> None:
    upload = anna.create(len(DATA))
    took = anna.ask(
        "POST", upload, DATA, content_type=tus.PIECE, upload_offset=0,
        x_http_method_override="PATCH",
    )  # fmt: skip
    assert took.whole


# Attacks


@pytest.mark.parametrize("method", ["HEAD", "PATCH"])
def test_what_is_let_pass_as_harmless_cannot_stand_for_a_deletion(
    anna: TusClient, method: str
) -> None:
    upload = anna.create(len(DATA))
    with contextlib.suppress(UsageError):
        anna.ask(method, upload, x_http_method_override="DELETE")
    assert anna.offset(upload) == 0


def test_thousands_of_uploads_are_refused(anna: TusClient) -> None:
    for _ in range(UPLOADS_OF_ONE_MAX):
        anna.create(10)
    with pytest.raises(NoRoom):
        anna.create(10)


def test_what_the_disk_has_no_room_for_is_refused(hub: Hub) -> None:
    def free(_folder: object) -> int:
        return 10 * 1024 * MIB

    receiving.create(hub, CHIEF, "a.cpack", 1024 * MIB, disk_free=free)
    receiving.create(hub, CHIEF, "b.cpack", 2000 * MIB, disk_free=free)
    with pytest.raises(NoRoom):  # the first and second are promised already
        receiving.create(hub, CHIEF, "c.cpack", 2000 * MIB, disk_free=free)


@pytest.mark.parametrize("length", ["", "-1", "0", "1e9", "٣", "9" * 15, "9" * 400, " 5"])
def test_lengths_that_are_none_or_too_much_are_refused(anna: TusClient, length: str) -> None:
    with pytest.raises((UsageError, NoRoom)):
        anna.ask("POST", upload_length=length, upload_metadata=named("a.cpack"))


@pytest.mark.parametrize(
    "name",
    ["../a.cpack", "/etc/a.cpack", "..\\a.cpack", "a.exe", ".cpack", "con.cpack", "a\0.cpack",
     "a\u202e.cpack", "a" * 300 + ".cpack", "a\n.cpack", "a.cpack/"],
)  # fmt: skip
def test_names_with_tricks_are_refused(anna: TusClient, name: str) -> None:
    with pytest.raises((InvalidContent, InvalidPath)):
        anna.create(10, name)


@pytest.mark.parametrize(
    "header",
    ["filename", "filename ***", "filename YQ==,filename YQ==", "x " + "A" * 8_000,
     ",".join(f"k{n} YQ==" for n in range(40)), "filename /w==", "ä YQ=="],
)  # fmt: skip
def test_metadata_that_is_huge_or_none_is_refused(anna: TusClient, header: str) -> None:
    with pytest.raises(InvalidContent):
        anna.ask("POST", upload_length=5, upload_metadata=header)


@given(st.text(max_size=60))
def test_any_metadata_is_read_or_refused(header: str) -> None:
    try:
        pairs = metadata.decode(header)
    except InvalidContent:
        return
    assert all(isinstance(value, str) for value in pairs.values())
