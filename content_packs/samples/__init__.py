"""The sample packs that Satchel ships: `fractions` and `water-cycle`, each in two versions."""

from content_packs.samples.making import LANGUAGES, PACKS, make
from content_packs.samples.revision import VERSIONS

__all__ = ["LANGUAGES", "PACKS", "VERSIONS", "make"]
