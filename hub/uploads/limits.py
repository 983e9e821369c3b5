"""Every bound of uploads and of the drop folder, with its unit."""

from datetime import timedelta

from content_packs.limits import GIB, KIB, MIB, PATH_COMPONENT_BYTES_MAX
from hub.limits import CPACK_BYTES_MAX

UPLOAD_BYTES_MAX = CPACK_BYTES_MAX
UPLOADS_OF_ONE_MAX = 20  # of one person that wait at a time, whole or not
UPLOADS_MAX = 400  # of all together
UPLOADS_OF_ONE_BYTES_MAX = CPACK_BYTES_MAX + 64 * GIB  # as announced: the largest, and others
UPLOAD_ROOM_TIMES = 3  # its size: itself, the copy that is checked, what the repository gets
DISK_KEPT_BYTES = 2 * GIB  # that no upload may take: the hub has to go on
UPLOAD_LIFETIME = timedelta(days=7)  # from the last byte that came
UPLOAD_REMEMBERED = timedelta(days=30)  # what became of it, once its bytes are gone
UPLOAD_PIECE_BYTES = 448 * KIB  # that the page sends at a time; hub.limits has the server's bound
UPLOAD_NOTE_BYTES = 8 * MIB  # fsynced and noted at least so often, where a piece is longer
UPLOAD_READ_BYTES = 64 * KIB
UPLOAD_METADATA_BYTES_MAX = 4 * KIB
UPLOAD_METADATA_PAIRS_MAX = 16
UPLOAD_ID_BYTES = 16  # 128 bits: nobody guesses another's
UPLOAD_NAME_BYTES_MAX = PATH_COMPONENT_BYTES_MAX
UPLOADS_LISTED_MAX = 500
UPLOADS_CHECK_SECONDS = 300  # between two looks for what has expired, or waits for its job
CHECKSUM_CHARACTERS_MAX = 128
DIGITS_MAX = 15  # of a length or an offset: 2^53 has 16

# The drop folder
DROP_SETTLED_SECONDS = 10.0  # unchanged for so long: whatever copied it has ended
DROP_SCAN_SECONDS = 30.0  # network file systems tell nobody what comes
DROP_PUBLISHERS_MAX = 1_000
DROP_ENTRIES_MAX = 1_000  # looked at in one publisher's folder
DROP_RESULT_BYTES_MAX = 64 * KIB
