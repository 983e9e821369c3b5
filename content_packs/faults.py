"""What is wrong in a pack folder: where, what was found, what to do."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from content_packs.errors import EXIT_CODE_FAULTY_FOLDER, SatchelError

Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class Fault:
    """One fault: `message` says what was found, `hint` what to do.

    `file` is a path in the folder, empty for the folder itself; `line` counts from 1, 0 where there
    is none; `field` is a key in a TOML file.
    """

    severity: Severity
    file: str
    message: str
    hint: str = ""
    line: int = 0
    field: str = ""

    def __str__(self) -> str:
        where = self.file or "the folder"
        if self.line:
            where += f":{self.line}"
        if self.field:
            where += f": {self.field}"
        return f"{where}: {self.message}"


class FaultyFolder(SatchelError):
    """A pack folder with errors. `faults` are all that were found, warnings too."""

    code = "faulty-folder"
    exit_code = EXIT_CODE_FAULTY_FOLDER

    def __init__(self, folder: Path, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        errors = sum(fault.severity == "error" for fault in self.faults)
        counted = "1 error" if errors == 1 else f"{errors} errors"
        super().__init__(
            f"{folder}: {counted}", hint="Mend what is listed; content-packs lint lists it again."
        )
