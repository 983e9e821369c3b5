"""The loop deals with what happens, forgets what is closed, and hears of what threads changed."""

import os
import select
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from content_packs.event_loop import EventLoop


@dataclass(eq=False)
class Pipe:
    """A place that waits to be read from, or to be written to once it is told to."""

    descriptor: int
    other: int
    is_wanting_to_write: bool = False
    accepting: bool = False
    dealt: list[int] = field(default_factory=list)

    def readable(self) -> bool:
        return not self.is_wanting_to_write

    def writable(self) -> bool:
        return self.is_wanting_to_write


@dataclass
class Rig:
    """A loop, its places, and a clock that goes on by a second with each look."""

    places: dict[int, Pipe] = field(default_factory=dict)
    seconds: float = 0
    sweeps: list[float] = field(default_factory=list)
    on_event: Callable[[Pipe], None] = lambda _: None

    def __post_init__(self) -> None:
        self.loop = EventLoop(
            self.places, self.deal, monotonic=self.monotonic, sweep=self.sweep, sweep_seconds=0.01
        )

    def monotonic(self) -> float:
        self.seconds += 0.001
        return self.seconds

    def deal(self, pipe: Pipe, events: int) -> None:
        pipe.dealt.append(events)
        self.on_event(pipe)

    def sweep(self, now: float) -> None:
        self.sweeps.append(now)
        if len(self.sweeps) == 3:
            self.loop.ending = True

    def pipe(self) -> Pipe:
        reading, writing = os.pipe()
        self.places[reading] = Pipe(reading, writing)
        return self.places[reading]


@pytest.fixture
def rig() -> Iterator[Rig]:
    made = Rig()
    yield made
    for pipe in made.places.values():
        for descriptor in (pipe.descriptor, pipe.other):
            try:
                os.close(descriptor)
            except OSError:
                continue


def read_all(pipe: Pipe) -> None:
    os.read(pipe.descriptor, 100)


def test_only_what_has_something_is_dealt_with(rig: Rig) -> None:
    silent, talking = rig.pipe(), rig.pipe()
    os.write(talking.other, b"x")
    rig.on_event = read_all
    rig.loop.run()
    assert talking.dealt == [select.EPOLLIN]
    assert silent.dealt == []
    assert len(rig.sweeps) == 3


def test_what_a_thread_changed_is_looked_at_again(rig: Rig) -> None:
    waking, changed = rig.pipe(), rig.pipe()
    os.write(waking.other, b"x")
    # Its other end can be written to: that end takes its place.
    there = rig.places[changed.other] = Pipe(changed.other, changed.descriptor)
    there.readable = lambda: False  # type: ignore[method-assign]

    def deal(pipe: Pipe) -> None:
        if pipe is waking:
            read_all(pipe)
            there.is_wanting_to_write = True
            rig.loop.changed_by_a_thread(there.descriptor)
        else:
            there.is_wanting_to_write = False

    rig.on_event = deal
    rig.loop.run()
    assert there.dealt == [select.EPOLLOUT]


def test_who_is_told_to_be_gone_is_dealt_with_no_more(rig: Rig) -> None:
    first, second = rig.pipe(), rig.pipe()
    for pipe in (first, second):
        os.write(pipe.other, b"x")

    def deal(pipe: Pipe) -> None:
        for other in {first.descriptor, second.descriptor} - {pipe.descriptor}:
            rig.loop.gone(other)
            rig.places.pop(other, None)
        read_all(pipe)

    rig.on_event = deal
    rig.loop.run()
    assert sorted([len(first.dealt), len(second.dealt)]) == [0, 1]


def test_what_was_closed_behind_its_back_ends_nothing(rig: Rig) -> None:
    closed, talking = rig.pipe(), rig.pipe()
    os.close(closed.descriptor)
    os.write(talking.other, b"x")
    rig.on_event = read_all
    rig.loop.run()
    assert talking.dealt == [select.EPOLLIN]
    rig.loop.gone(closed.descriptor)


def test_who_is_answered_is_told_so(rig: Rig) -> None:
    class Answering(Pipe):
        looks = 0
        told = 0

        @property
        def is_answering(self) -> bool:
            self.looks += 1
            return self.looks < 3

        def answered(self) -> None:
            self.told += 1

    reading, writing = os.pipe()
    one = Answering(reading, writing)
    rig.places[reading] = one
    rig.loop.answering(one)
    rig.sweep = lambda _: None  # type: ignore[method-assign]
    os.write(writing, b"xxxx")

    def deal(_: Pipe) -> None:
        os.read(reading, 1)
        rig.loop.ending = one.told > 0

    rig.on_event = deal
    rig.loop.run()
    assert one.told == 1
