"""Collects faults while a folder is read, so that one run tells all of them."""

from content_packs.faults import Fault
from content_packs.limits import FAULTS_MAX


class Findings:
    """Faults, each once, `FAULTS_MAX` at most: a broken folder can't fill a screen or a memory."""

    def __init__(self) -> None:
        self._faults: dict[Fault, None] = {}

    def add(self, fault: Fault) -> None:
        """Note a fault, unless it is known already or there are too many to read."""
        if len(self._faults) < FAULTS_MAX:
            self._faults[fault] = None

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
        return any(fault.severity == "error" for fault in self._faults)

    @property
    def faults(self) -> tuple[Fault, ...]:
        """What was noted, in the order of files and lines."""
        return tuple(sorted(self._faults, key=lambda fault: (fault.file, fault.line, fault.field)))
