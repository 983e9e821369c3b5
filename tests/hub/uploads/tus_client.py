"""Who uploads, and a client of tus without a network."""

import base64
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from hub.hub import Hub
from hub.people.actor import Actor
from hub.uploads import tus

ANNA = Actor("anna", "publisher", "console", publisher="satchel")
BAO = Actor("bao", "publisher", "console", publisher="thief")
CHIEF = Actor("chief", "administrator", "console")


@dataclass
class TusClient:
    """Speaks the protocol to the hub; remembers nothing but the hub and who it is."""

    hub: Hub
    actor: Actor
    headers: dict[str, str] = field(default_factory=lambda: {"tus-resumable": "1.0.0"})

    def ask(
        self,
        method: str,
        upload: str = "",
        body: bytes | Iterable[bytes] = b"",
        **headers: Any,
    ) -> tus.Answered:
        pieces = iter([body] if isinstance(body, bytes) else body)
        rest = b""

        def read(count: int) -> bytes:
            nonlocal rest
            while not rest:
                try:
                    rest = next(pieces)
                except StopIteration:
                    return b""
            taken, rest = rest[:count], rest[count:]
            return taken

        named = {name.replace("_", "-"): str(value) for name, value in headers.items()}
        asked = tus.Asked(method, {**self.headers, **named}, read, lambda id_: f"/x/{id_}", upload)
        return tus.answer(self.hub, self.actor, asked)

    def create(self, size: int, name: str = "a.cpack", **headers: Any) -> str:
        made = self.ask("POST", upload_length=size, upload_metadata=named(name), **headers)
        return made.headers["Location"].removeprefix("/x/")

    def patch(self, upload: str, offset: int, body: Any, **headers: Any) -> tus.Answered:
        return self.ask(
            "PATCH", upload, body, content_type=tus.PIECE, upload_offset=offset, **headers
        )

    def offset(self, upload: str) -> int:
        return int(self.ask("HEAD", upload).headers["Upload-Offset"])


def named(name: str) -> str:
    """Return the metadata of a file with this name."""
    return f"filename {base64.b64encode(name.encode()).decode()}"
