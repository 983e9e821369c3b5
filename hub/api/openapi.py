"""The API described for machines: OpenAPI 3.1, made from the structs that read and write it."""

from collections.abc import Sequence
from typing import Any

import msgspec

from content_packs import canonical_json
from content_packs.desired_state import DesiredState
from content_packs.limits import CHECK_IN_BYTES_MAX, DOCUMENT_BYTES_MAX, NAME_CHARACTERS_MAX
from content_packs.messages import Message
from content_packs.protocol import (
    Batch,
    CheckInAnswer,
    CheckInRequest,
    Claim,
    Credential,
    Pending,
    Receipt,
    Time,
)
from content_packs.reports import Report
from content_packs.request_signing import SIGNATURE_FIELDS
from content_packs.school_requests import Answers
from hub.api import openapi_beside, staff_openapi
from hub.api.operations import Operation

VERSION = "1"

_JSON = "application/json"
_PROBLEM = "application/problem+json"
_COMPONENTS = "#/components"
_DOCUMENTS: dict[str, type[Message]] = {
    "claim": Claim,
    "credential": Credential,
    "desired-state": DesiredState,
    "time": Time,
    "receipt": Receipt,
    "answers": Answers,
    "batch": Batch,
    "report": Report,
}
_BODIES: tuple[type[Message], ...] = (Pending, CheckInRequest, CheckInAnswer)
_SAID = {
    "400": "The body isn't what it has to be.",
    "401": "No valid node of this hub signed the request so, or it was taken before. "
    "One answer for all reasons.",
    "403": "The claim isn't granted. One answer for all reasons.",
    "409": "The batch doesn't follow on those that were taken.",
    "413": "The body is too large.",
    "415": "The body isn't said to be JSON.",
    "429": "Too many claims with wrong codes, or batches of this node, of late.",
    "503": "The hub can't answer now.",
}
_WHAT_FIELDS_ARE = {
    "content-digest": "The body's digest, for an empty one too (RFC 9530).",
    "satchel-sequence": "Higher than in any request that this key signed before.",
    "signature-input": "What is signed, and by which key (RFC 9421).",
    "signature": "The signature.",
}


def description(title: str, operations: Sequence[Operation] = ()) -> bytes:
    """Return the OpenAPI document, in canonical JSON.

    `title` is the hub's; `operations` are those for staff.
    """
    staff = staff_openapi.describe(operations)
    return canonical_json.encode(
        {
            "openapi": "3.1.0",
            "info": {
                "title": title,
                "version": VERSION,
                "description": "What nodes say to this hub, and what staff and their programs ask "
                "of it. Signed documents and requests are specified in PROTOCOL.md.",
            },
            "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
            "paths": {**_paths(), **staff.paths, **openapi_beside.paths()},
            "components": {
                "schemas": {**_schemas(), **staff.schemas},
                "parameters": _parameters(),
                "responses": {**_problems(), **staff_openapi.responses(_SAID, _ref("Problem"))},
                "securitySchemes": {
                    staff_openapi.SCHEME: {
                        "type": "http",
                        "scheme": "bearer",
                        "description": "A person's token: made in the console, or by `hub tokens`.",
                    }
                },
            },
        }
    )


def _paths() -> dict[str, Any]:
    return {
        "/api/v1/claims": {
            "post": _operation(
                "A box with a code asks to be a node",
                body=("document-claim", DOCUMENT_BYTES_MAX),
                answers={
                    "200": ("It is one: the credential.", _ref("document-credential")),
                    "202": ("A person has yet to confirm it.", _ref("Pending")),
                },
                problems=("400", "403", "413", "415", "429", "503"),
            )
        },
        "/api/v1/check-ins": {
            "post": _operation(
                "A node reports, and hears what is newer than it holds",
                body=("CheckInRequest", CHECK_IN_BYTES_MAX),
                answers={"200": ("The time, and what is newer.", _ref("CheckInAnswer"))},
                problems=("400", "401", "413", "415", "503"),
                signed=True,
            )
        },
        "/api/v1/batches": {
            "post": _operation(
                "A node sends the next batch of its chain",
                body=("document-batch", DOCUMENT_BYTES_MAX),
                answers={"200": ("It is taken: the receipt.", _ref("document-receipt"))},
                problems=("400", "401", "409", "413", "415", "429", "503"),
                signed=True,
            )
        },
        "/api/v1/credential": {
            "get": _operation(
                "A node asks for its newest credential",
                body=None,
                answers={"200": ("The credential.", _ref("document-credential"))},
                problems=("401", "413", "503"),
                signed=True,
            )
        },
        "/api/v1/openapi.json": {
            "get": _operation(
                "This description",
                body=None,
                answers={"200": ("OpenAPI 3.1.", {"type": "object"})},
                problems=(),
            )
        },
    }


def _operation(
    summary: str,
    *,
    body: tuple[str, int] | None,
    answers: dict[str, tuple[str, dict[str, Any]]],
    problems: tuple[str, ...],
    signed: bool = False,
) -> dict[str, Any]:
    found: dict[str, Any] = {
        "summary": summary,
        "responses": {
            **{
                status: {"description": said, "content": {_JSON: {"schema": schema}}}
                for status, (said, schema) in answers.items()
            },
            **{status: {"$ref": f"{_COMPONENTS}/responses/{status}"} for status in problems},
        },
    }
    if body is not None:
        name, most = body
        found["requestBody"] = {
            "required": True,
            "description": f"At most {most} bytes.",
            "content": {_JSON: {"schema": _ref(name)}},
        }
    if signed:
        found["parameters"] = [
            {"$ref": f"{_COMPONENTS}/parameters/{name}"} for name in SIGNATURE_FIELDS
        ]
    return found


def _parameters() -> dict[str, Any]:
    return {
        name: {
            "name": name,
            "in": "header",
            "required": True,
            "description": _WHAT_FIELDS_ARE[name],
            "schema": {"type": "string"},
        }
        for name in SIGNATURE_FIELDS
    }


def _problems() -> dict[str, Any]:
    return {
        status: {"description": said, "content": {_PROBLEM: {"schema": _ref("Problem")}}}
        for status, said in _SAID.items()
    }


def _schemas() -> dict[str, Any]:
    _, made = msgspec.json.schema_components(
        [*_BODIES, *_DOCUMENTS.values()], ref_template=f"{_COMPONENTS}/schemas/{{name}}"
    )
    documents = {f"document-{kind}": _document(kind, of) for kind, of in _DOCUMENTS.items()}
    return {**made, **documents, "Problem": _problem()}


def _document(kind: str, of: type[Message]) -> dict[str, Any]:
    return {
        "title": f"signed document: {kind}",
        "type": "object",
        "required": ["payload", "payloadType", "signatures"],
        "additionalProperties": False,
        "properties": {
            "payload": {
                "type": "string",
                "contentEncoding": "base64",
                "contentMediaType": _JSON,
                "contentSchema": _ref(of.__name__),
            },
            "payloadType": {"const": f"application/vnd.satchel.{kind}+json"},
            "signatures": {
                "type": "array",
                "minItems": 1,
                "maxItems": 1,
                "items": _ref("Signature"),
            },
        },
    }


def _problem() -> dict[str, Any]:
    return {
        "title": "problem (RFC 9457)",
        "type": "object",
        "required": ["type", "title", "status", "detail", "code"],
        "properties": {
            "type": {"const": "about:blank"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
            "code": {"type": "string", "maxLength": NAME_CHARACTERS_MAX},
        },
    }


def _ref(name: str) -> dict[str, Any]:
    return {"$ref": f"{_COMPONENTS}/schemas/{name}"}
