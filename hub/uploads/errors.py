"""What can go wrong with an upload, typed by what the client does next."""

from content_packs.errors import InvalidContent, Missing, Refused, UsageError


class OffsetConflict(Refused):
    """The piece isn't the next one: ask where to go on."""

    code = "offset-conflict"


class UploadBusy(Refused):
    """Another request is writing to this upload: try again shortly."""

    code = "upload-busy"


class UploadGone(Missing):
    """The upload ended or expired: begin anew."""

    code = "upload-gone"


class ChecksumMismatch(InvalidContent):
    """The piece came damaged, and nothing of it was kept: send it again."""

    code = "checksum-mismatch"


class NoRoom(Refused):
    """Too large, too many, or too much for the disk."""

    code = "no-room"


class TusVersion(UsageError):
    """The client speaks another version of the protocol."""

    code = "tus-version"
