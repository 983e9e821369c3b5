"""A site that pupils attack: a class with PINs behind the real web server, and their phones."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from content_packs import records
from sync_node.school.people_model import Learner
from sync_node.school.school import School as SchoolData
from tests.support.phones import Answer, Phone
from tests.sync_node.lan.lessons import LESSON
from tests.sync_node.lan.school import furnished_school
from tests.sync_node.lan.served import Served, served

PIN = "4711"
ITEM = f"/packs/fractions/{LESSON}"
EXERCISE = f"{ITEM}/practice"


@dataclass(frozen=True)
class Attacked:
    """The site, its class, and what stands in school.db."""

    site: Served
    learners: tuple[Learner, ...]
    phones: list[Phone] = field(default_factory=list)

    @property
    def data(self) -> SchoolData:
        """The school's own data."""
        return self.site.data

    def phone(self, at: str = "127.0.0.1") -> Phone:
        """Return a phone without cookies."""
        made = Phone(self.site.address, at)
        self.phones.append(made)
        return made

    def door(self, who: Learner) -> str:
        """Return where a pupil signs in."""
        return f"/sign-in/{who.class_id}/{who.id}"

    def sign_in(self, phone: Phone, who: Learner, pin: str = PIN) -> Answer:
        """Try to sign a pupil in."""
        return phone.post(self.door(who), {"pin": pin})

    def phone_of(self, who: Learner, at: str = "127.0.0.1") -> Phone:
        """Return a phone on which a pupil is signed in."""
        phone = self.phone(at)
        assert self.sign_in(phone, who).status == 303
        return phone

    def phone_of_teacher(self) -> Phone:
        """Return a phone on which the teacher is signed in."""
        phone = self.phone()
        phone.cookies["session"] = self.site.tokens["teacher"]
        return phone

    def records(self) -> list[tuple[str, str, str]]:
        """Return who did what to which item, as the records say."""
        self.data.ground.write(lambda: None)  # what waits is written
        found = []
        for stored in self.data.statements.after(0, count_max=10**6, bytes_max=10**9):
            one = records.decode(stored.body)
            place, _ = records.place_of(one.object.id)
            found.append((str(records.actor_of(one)), records.verb_of(one), place.item))
        return found


@contextmanager
def attacked(folder: Path) -> Iterator[Attacked]:
    """Serve a school whose pupils all have the PIN 4711."""
    with served(furnished_school(folder)) as site:
        class_id = site.names["class_id"]
        for one in site.data.people.learners(class_id):
            site.data.people.set_pin(one.id, PIN, "digits")
        found = Attacked(site, tuple(site.data.people.learners(class_id)))
        try:
            yield found
        finally:
            for phone in found.phones:
                phone.close()
