"""What a keeper of the hub has to see to, said so that it can be said in other languages, too."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Warned:
    """A warning. `message`: in English, as catalogues have it; `values`: what is put into it."""

    message: str
    values: Mapping[str, str | int]

    @property
    def words(self) -> str:
        """The warning in English."""
        return self.message % self.values


def warned(message: str, **values: str | int) -> Warned:
    """Return a warning."""
    return Warned(message, values)
