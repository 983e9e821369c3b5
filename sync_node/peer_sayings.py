"""What came from which neighbour, in words."""

from collections.abc import Mapping, Sequence

from content_packs.command_line import megabytes

_PREFIX = "peer "  # of the names that `peer_address.Peer` gives


def given(links: Mapping[str, Sequence[int]]) -> tuple[tuple[str, int], ...]:
    """Return, of a tick's links, who of the neighbours gave how many bytes."""
    return tuple(
        (name.removeprefix(_PREFIX), use[0])
        for name, use in sorted(links.items())
        if name.startswith(_PREFIX) and use[0]
    )


def in_words(links: Mapping[str, Sequence[int]]) -> list[str]:
    """Return a line for each neighbour that gave something."""
    return [f"from peer {name}: {megabytes(size)}, over no link" for name, size in given(links)]
