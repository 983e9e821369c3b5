from collections.abc import Mapping
from pathlib import Path

import pytest

from content_packs import samples


@pytest.fixture(scope="session")
def fractions(tmp_path_factory: pytest.TempPathFactory) -> Mapping[int, Path]:
    """The pack `fractions` in both versions, made once: this takes most of the time."""
    root = tmp_path_factory.mktemp("samples")
    return {
        version: samples.make(
            "fractions", version, root / f"version-{version}", report=lambda _: None
        )
        for version in samples.VERSIONS
    }
