"""A class list in whatever form a teacher has it: pasted, or a OneRoster export."""

import io
import zipfile
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content_packs.errors import InvalidContent
from sync_node.school.limits import NAME_CHARACTERS_MAX, ROSTER_FILES_MAX
from sync_node.school.oneroster import read_oneroster
from sync_node.school.rosters import Roster, read_pasted
from tests.support.school import SchoolRig

MANIFEST = """propertyName,value
manifest.version,1.0
oneroster.version,1.1
file.academicSessions,absent
file.categories,absent
file.classes,bulk
file.classResources,absent
file.courses,absent
file.courseResources,absent
file.demographics,absent
file.enrollments,bulk
file.lineItems,absent
file.orgs,absent
file.resources,absent
file.results,absent
file.users,bulk
source.systemName,Office
source.systemCode,1
"""
CLASSES_HEAD = (
    "sourcedId,status,dateLastModified,title,grades,courseSourcedId,classCode,classType,"
    "location,schoolSourcedId,termSourcedIds,subjects,subjectCodes,periods"
)
CLASSES = (
    CLASSES_HEAD
    + """
c1,,,4b,04,k1,4B,homeroom,Room 1,s1,t1,,,
c2,,,Maths 4,04,k2,M4,scheduled,Room 2,s1,t1,,,
"""
)
USERS_HEAD = (
    "sourcedId,status,dateLastModified,enabledUser,orgSourcedIds,role,username,userIds,"
    "givenName,familyName,middleName,identifier,email,sms,phone,agentSourcedIds,grades,"
    "password"
)
USERS = (
    USERS_HEAD
    + """
u1,,,true,s1,student,wang,,小红,王,,,,,,,04,secret
u2,,,true,s1,student,ada,,Ada,"Lovelace, Lady",,,,,,,04,
u3,,,true,s1,teacher,li,,Li,Ms,,,,,,,,
u4,,,true,s1,student,ben,,Ben,Adams,,,,,,,04,
u5,,,true,s1,student,zoe,,Zoe,Young,,,,,,,04,
"""
)
ENROLLMENTS_HEAD = (
    "sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role,"
    "primary,beginDate,endDate"
)
ENROLLMENTS = (
    ENROLLMENTS_HEAD
    + """
e1,,,c1,s1,u1,student,,,
e2,,,c1,s1,u2,student,,,
e3,,,c1,s1,u3,teacher,true,,
e4,,,c2,s1,u4,student,,,
e5,,,c1,s1,u4,student,,,
"""
)
FILES = {
    "manifest.csv": MANIFEST, "classes.csv": CLASSES, "users.csv": USERS,
    "enrollments.csv": ENROLLMENTS,
}  # fmt: skip


def zipped(files: Mapping[str, str | bytes], *, folder: str = "") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(folder + name, text)
    return buffer.getvalue()


def names(roster: Roster) -> dict[str, list[str]]:
    return {one.name: [learner.name for learner in one.learners] for one in roster.classes}


def test_an_export_gives_its_homerooms_in_the_order_of_names() -> None:
    roster = read_oneroster(zipped(FILES))
    assert names(roster) == {"4b": ["Ben Adams", "Ada Lovelace, Lady", "王小红"]}
    (one,) = roster.classes
    assert (one.grade, one.source_id, one.learners[0].source_id) == ("04", "c1", "u4")
    assert [problem.text for problem in roster.problems] == ["Zoe Young: in no class, left out"]


def test_without_homerooms_a_pupil_is_put_into_their_first_class() -> None:
    files = {**FILES, "classes.csv": CLASSES.replace("homeroom", "scheduled")}
    roster = read_oneroster(zipped(files))
    assert names(roster) == {"4b": ["Ada Lovelace, Lady", "王小红"], "Maths 4": ["Ben Adams"]}
    assert any("in 2 classes, put into Maths 4" in one.text for one in roster.problems)


@pytest.mark.parametrize(
    "files",
    [
        {name: "\ufeff" + text for name, text in FILES.items()},
        {name: text.replace("\n", "\r\n") for name, text in FILES.items()},
        {name.upper(): text for name, text in FILES.items()},
        {name: text for name, text in FILES.items() if name != "manifest.csv"},
        {name: text.encode("gb18030") for name, text in FILES.items()},
        {**FILES, "orgs.csv": "whatever", "notes.txt": "hello"},
    ],
)
def test_how_programs_differ_does_not_matter(files: Mapping[str, str | bytes]) -> None:
    assert names(read_oneroster(zipped(files, folder="export/")))["4b"][-1] == "王小红"


def test_a_delta_says_who_is_to_leave() -> None:
    manifest = MANIFEST.replace("users,bulk", "users,delta").replace(
        "classes,bulk", "classes,absent"
    )
    users = USERS.replace("u4,,", "u4,tobedeleted,2026-09-01T00:00:00Z")
    roster = read_oneroster(
        zipped(
            {
                "manifest.csv": manifest.replace("enrollments,bulk", "enrollments,absent"),
                "users.csv": users,
            }
        )
    )
    assert roster.gone == ("u4",)
    assert roster.classes == ()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "no zip"),
        (b"sourcedId,role", "no zip"),
        (zipped(FILES)[:400], "can't be read"),
        (zipped({"users.csv": USERS}), "no classes.csv, enrollments.csv"),
        (zipped({**FILES, "users.csv": "id,name\n1,Anna\n"}), "no column sourcedId"),
        (zipped({**FILES, "users.csv": USERS_HEAD}), "no pupil"),
        (zipped({f"{number}.csv": "" for number in range(ROSTER_FILES_MAX + 1)}), "more than"),
        (zipped({**FILES, "users.csv": "a" * 40_000_000}), "unpacked"),
        (zipped({**FILES, "users.csv": USERS + 'u9,"' + "x" * 200_000}), "users.csv"),
    ],
    ids=["empty", "csv", "cut", "lacking", "columns", "nobody", "many", "bomb", "field"],
)
def test_what_is_no_export_is_refused_with_words(data: bytes, said: str) -> None:
    with pytest.raises(InvalidContent, match=said):
        read_oneroster(data)


@given(st.binary(max_size=300))
def test_any_bytes_end_in_a_roster_or_a_refusal(data: bytes) -> None:
    for whole in (data, b"PK\x03\x04" + data):
        with pytest.raises(InvalidContent):
            read_oneroster(whole)


@given(
    st.lists(st.lists(st.text(max_size=12), max_size=6), max_size=8),
    st.lists(st.lists(st.text(max_size=12), max_size=6), max_size=8),
)
def test_any_rows_end_in_a_roster_or_a_refusal(
    users: list[list[str]], enrollments: list[list[str]]
) -> None:
    def csv_of(head: str, rows: list[list[str]]) -> bytes:
        body = "\n".join(",".join(row) for row in rows)
        return (head + "\n" + body).encode(errors="replace")

    files = {
        **FILES,
        "users.csv": csv_of(USERS_HEAD, users),
        "enrollments.csv": csv_of(ENROLLMENTS_HEAD, enrollments),
    }
    try:
        roster = read_oneroster(zipped(files))
    except InvalidContent:
        return
    for one in roster.classes:
        assert all(learner.name for learner in one.learners)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Anna\nBen\n", ["Anna", "Ben"]),
        ("1. Anna\n2) Ben\n3、王小红\n(4) Zoe", ["Anna", "Ben", "王小红", "Zoe"]),
        ("1 Anna\n2 Ben", ["Anna", "Ben"]),
        ("1\tAnna\n2\tBen", ["Anna", "Ben"]),
        ("学号\t姓名\n001\t王小红\n002\t李明", ["王小红", "李明"]),
        ("Name\nAnna\n", ["Anna"]),
        ("姓名，性别\n王小红，女\n", ["王小红"]),
        ('"Lovelace, Ada"\n"Adams, Ben"', ["Lovelace, Ada", "Adams, Ben"]),
        ("  Anna   Maria  \r\n\r\n\tBen\r\n", ["Anna Maria", "Ben"]),
        ("An\u200bna\nBe\u202en\x00", ["Anna", "Ben"]),
        ("No.;Name\n1;Anna\n2;Ben", ["Anna", "Ben"]),
        ("20260901 Anna", ["20260901 Anna"]),
    ],
)
def test_a_pasted_list_gives_its_names(text: str, expected: list[str]) -> None:
    assert names(read_pasted(text, class_name="4b")) == {"4b": expected}


def test_a_pasted_table_with_classes_gives_its_classes() -> None:
    text = "Class\tName\n4a\tAnna\n4b\tBen\n4a\tZoe"
    assert names(read_pasted(text)) == {"4a": ["Anna", "Zoe"], "4b": ["Ben"]}


def test_a_name_twice_is_taken_once_and_told() -> None:
    roster = read_pasted("Anna\nBen\nAnna", class_name="4b")
    assert names(roster) == {"4b": ["Anna", "Ben"]}
    assert [(one.where, "twice" in one.text) for one in roster.problems] == [("line 3", True)]


@pytest.mark.parametrize("text", ["", "\n\n", "1\n2\n3", "Name\n", "x" * (NAME_CHARACTERS_MAX + 1)])
def test_a_list_without_names_is_refused(text: str) -> None:
    with pytest.raises(InvalidContent, match="no pupil"):
        read_pasted(text, class_name="4b")


@pytest.mark.parametrize(
    "text", ["Anna\n" * 20_000, "\n".join(f"Pupil {number}" for number in range(500))]
)
def test_too_long_a_list_is_refused(text: str) -> None:
    with pytest.raises(InvalidContent):
        read_pasted(text, class_name="4b")


def test_a_list_for_no_class_is_refused() -> None:
    with pytest.raises(InvalidContent, match="class"):
        read_pasted("Anna")


@given(st.text(max_size=400))
def test_any_text_ends_in_names_or_a_refusal(text: str) -> None:
    try:
        roster = read_pasted(text, class_name="4b")
    except InvalidContent:
        return
    for one in roster.classes:
        for learner in one.learners:
            assert 0 < len(learner.name) <= NAME_CHARACTERS_MAX
            assert (
                learner.name.isprintable() or "\u200c" in learner.name or "\u200d" in learner.name
            )


def test_a_preview_changes_nothing_and_says_what_applying_does(rig: SchoolRig) -> None:
    _, (anna, ben) = rig.a_class("Anna", "Ben")
    roster = read_pasted("Zoe\nAnna", class_name="4b")
    foreseen = rig.school.rosters.preview(roster)
    assert [one.name for one in rig.school.people.learners(anna.class_id)] == ["Anna", "Ben"]
    assert (foreseen.count("new"), foreseen.count("same")) == (1, 1)
    assert [one.name for one in foreseen.absent] == ["Ben"]
    assert rig.school.rosters.apply(roster) == foreseen
    found = rig.school.people.learners(anna.class_id)
    assert [one.name for one in found] == ["Anna", "Ben", "Zoe"]
    assert {anna.id, ben.id} < {one.id for one in found}


def test_applied_twice_nothing_more_happens(rig: SchoolRig) -> None:
    roster = read_oneroster(zipped(FILES))
    rig.school.rosters.apply(roster)
    again = rig.school.rosters.apply(roster)
    assert again.count("same") == len(again.changes) == 3


def test_who_leaves_is_archived_and_comes_back_as_they_were(rig: SchoolRig) -> None:
    rig.school.rosters.apply(read_oneroster(zipped(FILES)))
    (a_class,) = rig.school.people.classes()
    ben = rig.school.people.learners(a_class.id)[0]
    less = {**FILES, "users.csv": USERS.replace("u4,", "u9,")}
    changes = rig.school.rosters.apply(read_oneroster(zipped(less)), archive_absent=True)
    assert [one.name for one in changes.changes if one.code == "archived"] == ["Ben Adams"]
    assert ben.id not in {one.id for one in rig.school.people.learners(a_class.id)}
    changes = rig.school.rosters.apply(read_oneroster(zipped(FILES)))
    assert changes.count("returned") == 1
    assert ben.id in {one.id for one in rig.school.people.learners(a_class.id)}


def test_a_pupil_with_another_name_or_class_is_the_same_pupil(rig: SchoolRig) -> None:
    rig.school.rosters.apply(read_oneroster(zipped(FILES)))
    (a_class,) = rig.school.people.classes()
    ben = rig.school.people.learners(a_class.id)[0]
    files = {
        **FILES,
        "classes.csv": CLASSES.replace("M4,scheduled", "M4,homeroom"),
        "users.csv": USERS.replace("Ben,Adams", "Benjamin,Adams"),
    }
    changes = rig.school.rosters.apply(read_oneroster(zipped(files)))
    assert {one.code for one in changes.changes} == {"new-class", "moved", "same"}
    found = rig.school.people.learner(ben.id)
    assert (found.name, found.class_id == a_class.id) == ("Benjamin Adams", False)
