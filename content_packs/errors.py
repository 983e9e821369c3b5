"""Errors, typed by what the caller does next.

    SatchelError            every error that a person may see; carries a hint
    ├── UsageError          the command or its arguments are wrong            exit 2
    │   ├── NotInstalled    the command needs a part that wasn't installed
    │   └── KeyLocked       a key's passphrase is missing or wrong
    ├── InvalidContent      bytes that break a format or don't match a digest exit 3
    │   ├── InvalidPath     a path that a pack may not contain
    │   └── DigestMismatch  the bytes are not those that were named
    ├── FaultyFolder        a pack folder with faults; carries all of them    exit 4
    ├── Refused             well-formed, but against a rule                   exit 5
    ├── Untrusted           not signed as it has to be                        exit 6
    ├── Missing             named, but not here: ask the next source          exit 7
    ├── SourceUnavailable   the link failed: try again later                  exit 8
    └── StorageFailed       the disk is full, read-only or failing            exit 9

`exit_code` is what a command ends with; 1 is left for faults of ours.
"""


class SatchelError(Exception):
    """An error with a message for a person and a hint of what to do."""

    code = "error"
    exit_code = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(SatchelError):
    """The command or its arguments are wrong."""

    code = "usage"
    exit_code = 2


class NotInstalled(UsageError):
    """The command needs a library of an extra that wasn't installed."""

    code = "not-installed"


class KeyLocked(UsageError):
    """A private key is encrypted, and its passphrase is missing or wrong."""

    code = "key-locked"


class InvalidContent(SatchelError):
    """Bytes that break a format. Delete them and fetch again, or mend their maker."""

    code = "invalid-content"
    exit_code = 3


class InvalidPath(InvalidContent):
    """A path that no pack may contain."""

    code = "invalid-path"


class DigestMismatch(InvalidContent):
    """The bytes are not those that were named."""

    code = "digest-mismatch"


class Refused(SatchelError):
    """Well-formed, but against a rule, such as a version that isn't newer."""

    code = "refused"
    exit_code = 5


class Untrusted(SatchelError):
    """Not signed as it has to be. Nothing of it was used."""

    code = "untrusted"
    exit_code = 6


class Missing(SatchelError):
    """Named, but not here. Another source may have it."""

    code = "missing"
    exit_code = 7


class SourceUnavailable(SatchelError):
    """The link or the disk of a source failed. Trying again later may work."""

    code = "source-unavailable"
    exit_code = 8


class StorageFailed(SatchelError):
    """Our own disk is full, read-only or failing. What is served goes on being served."""

    code = "storage-failed"
    exit_code = 9


EXIT_CODE_FAULTY_FOLDER = 4
