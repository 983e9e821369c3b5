"""What a school asks its hub for and offers, and what the hub answers. See PROTOCOL.md, section 12.

    requests    node -> hub    wishes of teachers, own materials on offer: the content of a batch
    file        node -> hub    a piece of a material that the hub asked for: the content of a batch
    answers     hub -> node    what became of them: a signed document

Each wish and offer has the UUID that the school gave it, and is said whole each time that it
changes: to take the same one again changes nothing. Who wishes isn't said: only the school. What a
teacher writes is bounded, and is in no other way looked at.
"""

from typing import Annotated, Literal, TypeAlias

from msgspec import Meta

from content_packs import messages
from content_packs.errors import InvalidContent
from content_packs.limits import (
    ANSWERS_MAX,
    FILE_HEADER_BYTES_MAX,
    FILES_ASKED_MAX,
    MATERIAL_BYTES_MAX,
    REQUESTS_IN_BATCH_MAX,
    SEALED_CONTENT_BYTES_MAX,
    WISH_CHARACTERS_MAX,
)
from content_packs.messages import (
    Count,
    Hex32,
    Message,
    Moment,
    Name,
    NameOrEmpty,
    Number,
    Part,
    Sentence,
    ShortText,
)
from content_packs.records import Uuid

WishState: TypeAlias = Literal["open", "withdrawn", "here"]
OfferState: TypeAlias = Literal["open", "withdrawn"]
AnswerState: TypeAlias = Literal["answered", "declined"]
MaterialKind: TypeAlias = Literal["video", "document", "exercise"]

WishText: TypeAlias = Annotated[
    str,
    Meta(
        max_length=WISH_CHARACTERS_MAX,
        pattern=r"^[^\u0000-\u001f\u007f-\u009f\u2028\u2029]*$(?!\n)",
    ),
]
Size: TypeAlias = Annotated[int, Meta(ge=1, le=MATERIAL_BYTES_MAX)]
Offset: TypeAlias = Annotated[int, Meta(ge=0, le=MATERIAL_BYTES_MAX)]

_END_OF_HEADER = b"\n"


class SaidWish(Part, frozen=True):
    """A wish: for `pack`, or `lesson` of it, or in a teacher's words; `at` the school's time.

    `state`: `withdrawn` by the teacher, `here` once the pack that was wished for has come.
    """

    id: Uuid
    at: Moment
    state: WishState = "open"
    pack: NameOrEmpty = ""
    lesson: NameOrEmpty = ""
    text: WishText = ""


class SaidOffer(Part, frozen=True):
    """A material of the school's own that it offers. `language`: a tag where it is known."""

    id: Uuid
    at: Moment
    title: ShortText
    kind: MaterialKind
    media_type: ShortText
    size: Size
    digest: Hex32
    state: OfferState = "open"
    seconds: Count = 0
    language: ShortText = ""


class Requests(Message, frozen=True, kw_only=True):
    """The content of a batch of the kind `requests`."""

    wishes: Annotated[tuple[SaidWish, ...], Meta(max_length=REQUESTS_IN_BATCH_MAX)] = ()
    offers: Annotated[tuple[SaidOffer, ...], Meta(max_length=REQUESTS_IN_BATCH_MAX)] = ()


class FileHeader(Message, frozen=True, kw_only=True):
    """What the bytes in a batch of the kind `file` are: from `offset` on of an offer's file."""

    id: Uuid
    digest: Hex32
    size: Size
    offset: Offset


class Answer(Part, frozen=True):
    """What a hub says to a wish or an offer. `pack`: that which answers it, once it is here."""

    id: Uuid
    at: Moment
    state: AnswerState
    text: Sentence = ""
    pack: NameOrEmpty = ""


class FileAsked(Part, frozen=True):
    """The hub would like to have the file of an offer. Another `number`: from its beginning on."""

    id: Uuid
    digest: Hex32
    number: Number


class Answers(Message, frozen=True, kw_only=True):
    """All that the hub says to a school's requests, the newest first; `number` rises.

    `taken`: offers whose file the hub has, whole.
    """

    node: Name
    number: Number
    issued_at: Moment
    answers: Annotated[tuple[Answer, ...], Meta(max_length=ANSWERS_MAX)] = ()
    files: Annotated[tuple[FileAsked, ...], Meta(max_length=FILES_ASKED_MAX)] = ()
    taken: Annotated[tuple[Uuid, ...], Meta(max_length=ANSWERS_MAX)] = ()

    def of(self, request: str) -> Answer | None:
        """Return the answer to a request, by its UUID; None where there is none yet."""
        return next((each for each in self.answers if each.id == request), None)


def encode_requests(requests: Requests) -> bytes:
    """Return the content of a batch. Raises `InvalidContent` for too many, or too large."""
    return messages.encode(requests, bytes_max=SEALED_CONTENT_BYTES_MAX, what="batch of requests")


def decode_requests(content: bytes) -> Requests:
    """Return the requests in a batch's content. Raises `InvalidContent`."""
    return messages.decode(
        content, Requests, bytes_max=SEALED_CONTENT_BYTES_MAX, what="batch of requests"
    )


def encode_piece(header: FileHeader, data: bytes) -> bytes:
    """Return the content of a batch of the kind `file`. Raises `InvalidContent`."""
    _check_piece(header, data)
    said = messages.encode(header, bytes_max=FILE_HEADER_BYTES_MAX, what="piece of a file")
    return said + _END_OF_HEADER + data


def decode_piece(content: bytes) -> tuple[FileHeader, bytes]:
    """Return what a batch's content says of a file, and the bytes. Raises `InvalidContent`."""
    said, found, data = content.partition(_END_OF_HEADER)
    if not found:
        raise InvalidContent("piece of a file: its header doesn't end")
    header = messages.decode(
        said, FileHeader, bytes_max=FILE_HEADER_BYTES_MAX, what="piece of a file"
    )
    _check_piece(header, data)
    return header, data


def _check_piece(header: FileHeader, data: bytes) -> None:
    if not data or header.offset + len(data) > header.size:
        raise InvalidContent(
            f"piece of a file: {len(data)} bytes from {header.offset} on, of {header.size}"
        )
