"""What may be wrong with an update, by what the caller does next.

    UpdateError
    ├── Invalid      bytes that break a format or don't have their digest          exit 3
    ├── Refused      well-formed, but against a rule: nothing was changed          exit 5
    ├── Untrusted    not signed as a system has to be: nothing was changed         exit 6
    ├── Missing      named, but not here                                           exit 7
    └── Failed       the card couldn't be written or read; the other slot is void  exit 9

The numbers are those of content_packs/errors.py, which root's side doesn't load.
"""


class UpdateError(Exception):
    """Something of an update is wrong. The message says what, and what was expected."""

    code = "error"
    exit_code = 1


class Invalid(UpdateError):
    """Bytes that break a format, or that don't have the digest that was signed."""

    code = "invalid-content"
    exit_code = 3


class Refused(UpdateError):
    """Well-formed, but against a rule."""

    code = "refused"
    exit_code = 5


class Untrusted(UpdateError):
    """Not signed as a system has to be."""

    code = "untrusted"
    exit_code = 6


class Missing(UpdateError):
    """Named, but not here."""

    code = "missing"
    exit_code = 7


class Failed(UpdateError):
    """The card couldn't be written, or doesn't give back what was written."""

    code = "storage-failed"
    exit_code = 9
