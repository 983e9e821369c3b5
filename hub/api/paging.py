"""How lists come in pages: `?after=…&limit=…`, answered with `{"items": […], "next": "…"}`."""

from typing import Annotated, TypeAlias

import msgspec

PAGE_MAX = 500  # items in one answer
PAGE_DEFAULT = 100

NUMBER_MAX = 2**53 - 1  # of a row, in an address: databases refuse larger ones

After: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=NUMBER_MAX)]
Limit: TypeAlias = Annotated[int, msgspec.Meta(ge=1, le=PAGE_MAX)]
