"""What a quick `scripts/test` leaves out is what CI runs: all of it is there, and nothing twice."""

import subprocess
import sys
from pathlib import Path

import pytest

from scripts import slow_modules
from tests.conftest import slow_paths
from tests.support.source_code import CHECKOUT

REPORT = """<?xml version="1.0"?><testsuites><testsuite name="pytest">
<testcase classname="tests.test_slow" name="a[1]" time="1.5"/>
<testcase classname="tests.test_slow.TestThis" name="b" time="0.5"/>
<testcase classname="tests.test_docs" name="c" time="3"/>
<testcase classname="tests.gone.test_it" name="d" time="9"/>
</testsuite></testsuites>"""


def test_each_module_that_is_left_out_is_there_once() -> None:
    listed = slow_paths()
    assert listed
    assert listed == tuple(sorted(set(listed)))
    assert [path for path in listed if not (CHECKOUT / path).is_file()] == []
    assert f"tests/{Path(__file__).name}" not in listed


def test_modules_go_until_the_rest_is_quick(tmp_path: Path) -> None:
    (tmp_path / "took.xml").write_text(REPORT, encoding="utf-8")
    found = slow_modules.took(tmp_path / "took.xml")
    assert found == {"tests/test_slow.py": 2.0, "tests/test_docs.py": 3.0}
    assert slow_modules.slow(found, 5.0) == []
    assert slow_modules.slow(found, 4.9) == ["tests/test_docs.py"]
    assert slow_modules.slow(found, 1.9) == ["tests/test_docs.py", "tests/test_slow.py"]


@pytest.mark.parametrize("text", [None, "<testsuites>"])
def test_what_is_no_report_is_named(tmp_path: Path, text: str | None) -> None:
    report = tmp_path / "took.xml"
    if text is not None:
        report.write_text(text)
    done = subprocess.run(
        [sys.executable, CHECKOUT / "scripts/slow_modules.py", report],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert str(report) in done.stderr
    assert "Traceback" not in done.stderr


def test_ci_leaves_nothing_out_but_what_takes_minutes() -> None:
    assert '/scripts/test" --ci' in (CHECKOUT / ".ci/run").read_text()
