"""Collects faults while a folder is read, so that one run tells all of them."""

from collections import Counter

from content_packs.faults import Fault, Severity
from content_packs.limits import FAULTS_MAX


class Findings:
    """Faults, each once, `FAULTS_MAX` of each severity: more can't fill a screen or a memory."""

    def __init__(self) -> None:
        self._faults: dict[Fault, None] = {}
        self._counts: Counter[Severity] = Counter()  # apart: warnings don't crowd out an error

    def add(self, fault: Fault) -> None:
        """Note a fault, unless it is known already or there are too many to read."""
        if fault not in self._faults and self._counts[fault.severity] < FAULTS_MAX:
            self._faults[fault] = None
            self._counts[fault.severity] += 1

    def error(self, file: str, message: str, *, hint: str, line: int = 0, field: str = "") -> None:
        """Note what forbids building."""
        self.add(Fault("error", file, message, hint, line, field))

    def warning(
        self, file: str, message: str, *, hint: str, line: int = 0, field: str = ""
    ) -> None:
        """Note what is worth mending, but forbids nothing."""
        self.add(Fault("warning", file, message, hint, line, field))

    @property
    def has_errors(self) -> bool:
        """Say whether anything forbids building."""
        return self._counts["error"] > 0

    @property
    def faults(self) -> tuple[Fault, ...]:
        """What was noted, in the order of files and lines."""
        return tuple(sorted(self._faults, key=lambda fault: (fault.file, fault.line, fault.field)))
