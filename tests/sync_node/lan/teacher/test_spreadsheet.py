"""A class's records as a file: what a teacher reads when it is opened."""

import csv
import io
from urllib.parse import quote

from flask.testing import FlaskClient

from tests.sync_node.lan.teacher.classroom import Classroom


def rows(teacher: FlaskClient, classroom: Classroom, kind: str) -> list[dict[str, str]]:
    address = f"/teacher/classes/{classroom.school_class.id}/records/{kind}.csv"
    data = teacher.get(address, headers={"Accept-Language": "zh-CN"}).get_data()
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))


def test_heads_and_states_are_in_the_readers_language(
    teacher: FlaskClient, classroom: Classroom
) -> None:
    found = rows(teacher, classroom, "results")
    assert {row["状态"] for row in found} == {"已完成"}
    assert {row["标题"] for row in found} == {"练习：分数"}
    assert found[0]["最近学习"] == "2026-09-10 06:00"


def test_answers_are_said_in_words(teacher: FlaskClient, classroom: Classroom) -> None:
    found = rows(teacher, classroom, "answers")
    (ben,) = (row for row in found if row["学生"] == "Ben Cole" and row["题号"] == "1")
    assert (ben["回答"], ben["结果"]) == ("One of four parts", "错误")


def test_the_file_bears_the_classs_name(teacher: FlaskClient, classroom: Classroom) -> None:
    class_id = classroom.school_class.id
    teacher.post(f"/teacher/classes/{class_id}", data={"name": '四年级/2"班', "grade": "4"})
    answer = teacher.get(f"/teacher/classes/{class_id}/records/results.csv")
    disposition = answer.headers["Content-Disposition"]
    assert disposition.startswith("attachment; ")
    assert f"filename*=UTF-8''{quote('四年级-2-班')}%20Results%202026-09-10.csv" in disposition
