"""Which of many like cases a run by default takes: a few that stand for the rest.

`scripts/test --all` takes them all.
"""

from collections.abc import Iterable

import pytest
from _pytest.mark.structures import ParameterSet


def usually(cases: Iterable[str], *usual: str) -> list[ParameterSet]:
    """Return all cases as parameters of a test; all but the `usual` are long.

    Raises ValueError where one that is usual isn't among the cases.
    """
    found = list(cases)
    if strange := set(usual) - set(found):
        raise ValueError(f"no such cases: {sorted(strange)}, expected of {found}")
    return [
        pytest.param(case, id=case, marks=() if case in usual else pytest.mark.long)
        for case in found
    ]
