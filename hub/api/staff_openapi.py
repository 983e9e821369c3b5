"""The operations of staff as OpenAPI 3.1: paths and schemas, made from their structs."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from hub.api.limits import PATH_CHARACTERS_MAX
from hub.api.operations import Operation

SCHEME = "token"
_JSON = "application/json"
_PREFIX = "staff."  # their schemas' names, beside those of nodes
_TEMPLATE = f"#/components/schemas/{_PREFIX}{{name}}"
_ALWAYS = ("400", "401", "403", "404", "413", "415", "429", "503")


@dataclass(frozen=True)
class Described:
    """Paths, and the schemas that they refer to."""

    paths: dict[str, Any]
    schemas: dict[str, Any]


def describe(operations: Sequence[Operation]) -> Described:
    """Return the operations described."""
    bodies = [each.body for each in operations if each.body is not None]
    answers = [each.answer for each in operations if each.answer is not None]
    types = list(dict.fromkeys([*bodies, *answers]))
    made, components = msgspec.json.schema_components(types, ref_template=_TEMPLATE)
    schema_of = dict(zip(types, made, strict=True))
    paths: dict[str, Any] = {}
    for operation in operations:
        here = paths.setdefault(f"/api/v1{operation.path}", {})
        here[operation.method.lower()] = _operation(operation, schema_of)
    return Described(paths, {f"{_PREFIX}{name}": schema for name, schema in components.items()})


def _operation(operation: Operation, schema_of: dict[Any, Any]) -> dict[str, Any]:
    answer: dict[str, Any] = {"description": operation.summary}
    if operation.answer is not None:
        answer["content"] = {_JSON: {"schema": schema_of[operation.answer]}}
    problems = sorted({*_ALWAYS, *operation.problems})
    found: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "description": _description(operation),
        "security": [{SCHEME: []}],
        "responses": {
            str(operation.status): answer,
            **{
                status: {"$ref": f"#/components/responses/{_response(status)}"}
                for status in problems
            },
        },
    }
    parameters = [*_path_parameters(operation), *_query_parameters(operation)]
    if parameters:
        found["parameters"] = parameters
    if operation.body is not None:
        found["requestBody"] = {
            "required": True,
            "description": f"At most {operation.body_bytes_max} bytes.",
            "content": {_JSON: {"schema": schema_of[operation.body]}},
        }
    return found


def _description(operation: Operation) -> str:
    right = f"Needs the right `{operation.right}`. " if operation.right else ""
    return f"{right}In the console: `{operation.screen}`; as a command: `hub {operation.command}`."


def _response(status: str) -> str:
    """Return the name of a problem's response; staff's 401 and 403 are said otherwise."""
    return f"staff-{status}"


def _path_parameters(operation: Operation) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "string", "minLength": 1, "maxLength": PATH_CHARACTERS_MAX},
        }
        for name in re.findall(r"{(\w+)}", operation.path)
    ]


def _query_parameters(operation: Operation) -> list[dict[str, Any]]:
    if operation.query is None:
        return []
    schema = msgspec.json.schema(operation.query)
    own = schema["$defs"][schema["$ref"].rsplit("/", 1)[-1]] if "$ref" in schema else schema
    return [
        {"name": name, "in": "query", "required": False, "schema": field}
        for name, field in own["properties"].items()
    ]


def responses(said: dict[str, str], problem: dict[str, Any]) -> dict[str, Any]:
    """Return the problems' responses; `said`: the words of a status, `problem`: their schema."""
    return {
        _response(status): {
            "description": _SAID.get(status) or said[status],
            "content": {"application/problem+json": {"schema": problem}},
        }
        for status in {*_ALWAYS, *_SAID}
    }


_SAID = {
    "400": "The query or the body isn't what it has to be.",
    "401": "No token that counts came with the request. One answer for all reasons.",
    "403": "The token's person, or the token, hasn't the right.",
    "404": "There is no such thing, or it isn't the caller's to see.",
    "409": "Against a rule, as things are now.",
    "413": "The body is too large.",
    "429": "Too often of late.",
}
