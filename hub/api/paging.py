"""How lists come in pages: `?after=…&limit=…`, answered with `{"items": […], "next": "…"}`."""

from typing import Annotated, TypeAlias

import msgspec

PAGE_MAX = 500  # items in one answer
PAGE_DEFAULT = 100

Limit: TypeAlias = Annotated[int, msgspec.Meta(ge=1, le=PAGE_MAX)]
