"""What is logged stays small, and never harms who logs."""

import logging
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sync_node import log_files
from sync_node.data_dir import DataDir
from sync_node.limits import LOG_BYTES_MAX
from sync_node.log_files import LogFile, LogHandler

NOW = datetime(2026, 9, 1, 6, tzinfo=UTC)


def log_of(folder: Path) -> LogFile:
    return LogFile(DataDir(folder), "engine", clock=lambda: NOW)


def test_a_line_has_its_time_and_goes_to_both(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log_of(tmp_path)("nothing new")
    line = "2026-09-01T06:00:00Z engine nothing new\n"
    assert capsys.readouterr().err == line
    assert (tmp_path / "logs" / "engine.log").read_text() == line


def test_it_never_grows_large(tmp_path: Path) -> None:
    log = log_of(tmp_path)
    for number in range(500):
        log(f"{number} {'x' * 7_000}")
    found = {path.name: path.stat().st_size for path in (tmp_path / "logs").iterdir()}
    assert set(found) == {"engine.log", "engine.log.1"}
    assert sum(found.values()) < 2 * LOG_BYTES_MAX + 10_000
    last = log_files.tail(tmp_path / "logs" / "engine.log", 20_000)
    assert last.startswith("2026-")
    assert " 499 " in last
    assert len(last) <= 20_000


def test_a_folder_that_cannot_be_written_is_no_fault(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "logs").write_text("in the way")
    log_of(tmp_path)("still said")
    assert "still said" in capsys.readouterr().err


def test_what_libraries_warn_of_is_logged_but_their_chatter() -> None:
    lines: list[str] = []
    handler = LogHandler(lines.append)
    loggers = [logging.getLogger(name) for name in ("waitress.queue", "sync_node.lan.app")]
    for logger in loggers:
        logger.addHandler(handler)
    try:
        loggers[0].warning("Task queue depth is 3")
        loggers[1].info("quiet")
        loggers[1].error("a fault")
    finally:
        for logger in loggers:
            logger.removeHandler(handler)
    assert lines == ["ERROR sync_node.lan.app a fault"]
