"""Is school.db whole? What can be read is saved; what is derived is made anew if it has to be."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from content_packs import records
from content_packs.errors import InvalidContent
from sync_node.school import deriving, statements
from sync_node.school.database import SchoolDamaged
from sync_node.school.ground import Ground


@dataclass
class SchoolChecked:
    """What was found. `problems`: in SQLite's words; `saved`: rows by table, where it was salvaged.

    `records`: how many there are; `unreadable`: how many of them aren't sound. `rebuilt`: progress
    wasn't what they say, and was made anew.
    """

    problems: list[str] = field(default_factory=list)
    set_aside: str = ""
    saved: dict[str, int] = field(default_factory=dict)
    records: int = 0
    unreadable: int = 0
    rebuilt: bool = False

    @property
    def clean(self) -> bool:
        """Say whether nothing was wrong."""
        return not (self.problems or self.set_aside or self.unreadable)

    def lines(self) -> Iterator[str]:
        """Yield what to tell a person."""
        yield from self.problems
        if self.set_aside:
            yield f"{sum(self.saved.values())} rows saved; the damaged file: {self.set_aside}"
        if self.unreadable:
            yield f"{self.unreadable} records can't be read"
        says = "was made anew of them" if self.rebuilt else "is what they say"
        yield f"{self.records} records; progress {says}"


def check(ground: Ground) -> SchoolChecked:
    """Look at school.db, and mend what can be mended. Raises `StorageFailed`, `Busy`."""
    done = SchoolChecked()
    try:
        done.problems = ground.database.is_whole()
    except SchoolDamaged as error:
        done.problems = [error.message]
    if done.problems:
        ground.database.salvage()
    if saved := ground.database.salvaged:
        done.set_aside = saved.set_aside
        done.saved = {
            table: count + saved.from_backup.get(table, 0) for table, count in saved.rows.items()
        }
    with ground.database.reading():
        for body in statements.bodies():
            done.records += 1
            try:
                records.decode(body)
            except InvalidContent:
                done.unreadable += 1
        done.rebuilt = not deriving.is_sound()
    if done.rebuilt:  # nobody can write meanwhile: never without need
        ground.write(deriving.rebuild)
    return done
