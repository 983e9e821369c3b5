"""Pupils who want what isn't theirs: others' progress, scores for others, teachers' pages.

Over real sockets. Who guesses has a module of his own (`test_pupils_who_guess`), and so has who
sends what no browser does (`test_hostile_requests`).
"""

import re
from collections.abc import Iterator

import pytest

from content_packs.records import Place
from tests.support.phones import Form, Phone
from tests.sync_node.lan.attacked import EXERCISE, ITEM, PIN, Attacked, attacked
from tests.sync_node.lan.lessons import LESSON
from tests.sync_node.lan.quiz import right_form

PRACTICE = Place("fractions", LESSON, "practice")
WRONG = {"_version": "1", "_attempt": "1", "word": "numerator"}
_ARGUMENT = re.compile(r"<(?:[^:>]+:)?([^>]+)>")


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attacked]:
    with attacked(tmp_path_factory.mktemp("school")) as found:
        yield found


@pytest.fixture
def mallory(here: Attacked) -> Phone:
    """A pupil's phone; its owner has done nothing so far."""
    return here.phone_of(here.learners[4])


def routes_below(here: Attacked, prefix: str, method: str) -> list[str]:
    """Return the addresses of all routes that begin so, with names that stand for something."""
    names = {"pack": "fractions", "lesson": LESSON, "item": "practice"} | here.site.names
    found = []
    for rule in here.site.app.url_map.iter_rules():
        if str(rule).startswith(prefix) and method in (rule.methods or ()):
            path = str(rule).replace("<any(results, answers):kind>", "results")
            found.append(_ARGUMENT.sub(lambda at: names.get(at[1], "0"), path))
    return sorted(set(found))


# What is others'


def test_no_page_of_teachers_opens_for_a_pupil_or_a_guest(here: Attacked, mallory: Phone) -> None:
    open_to_all = {"/teacher/sign-in", "/teacher/code"}
    pages = set(routes_below(here, "/teacher", "GET")) - open_to_all
    assert len(pages) > 15
    for phone in (mallory, here.phone()):
        for page in pages:
            answer = phone.get(page)
            assert answer.status == 303, page
            assert answer.location.startswith("/teacher/sign-in?next="), page
            assert answer.headers["cache-control"] == "no-store", page


def test_no_form_of_teachers_is_taken_from_a_pupil_or_a_guest(
    here: Attacked, mallory: Phone
) -> None:
    open_to_all = {"/teacher/sign-in", "/teacher/code", "/teacher/sign-out"}
    forms = set(routes_below(here, "/teacher", "POST")) - open_to_all
    assert len(forms) > 15
    before = (here.data.people.classes(), here.data.teachers.teachers(), len(here.records()))
    for phone in (mallory, here.phone()):
        for form in forms:
            assert phone.post(form, {"name": "Mallory", "archive": "yes"}).status == 403, form
    after = (here.data.people.classes(), here.data.teachers.teachers(), len(here.records()))
    assert after == before


def test_another_s_progress_is_on_no_page(here: Attacked, mallory: Phone) -> None:
    anna = here.learners[0]
    assert here.data.progress.of_item(anna.actor, PRACTICE), "she has some"
    for page in ("/", ITEM, EXERCISE, "/packs/fractions"):
        for asked in ("", f"?learner={anna.id}", f"?who={anna.id}&actor=learner:{anna.id}"):
            text = mallory.get(page + asked).text
            assert "Your best" not in text
            assert "steps done" not in text
    for page in (f"/teacher/pupils/{anna.id}", f"/teacher/classes/{anna.class_id}"):
        assert mallory.get(page).status == 303


def test_nothing_is_recorded_for_another(here: Attacked, mallory: Phone) -> None:
    anna = here.learners[0]
    before = [one for one in here.records() if one[0] == str(anna.actor)]
    told = {"pack": "fractions", "lesson": LESSON, "item": "halves", "seconds": "3"}
    claims = ({"_who": anna.id}, {"who": anna.id}, {"actor": str(anna.actor), "learner": anna.id})
    for claim in claims:
        for path, form in (
            (EXERCISE, right_form()),
            (f"{ITEM}/intro/done", {"_done": "1"}),
            ("/progress", told),
            (f"{ITEM}/slicer/said", {"type": "completed", "score": "1", "points": "1"}),
        ):
            mallory.post(path, {**form, **claim})
            mallory.post(f"{path}?learner={anna.id}", {**form, **claim}, X_Learner=anna.id)
    assert [one for one in here.records() if one[0] == str(anna.actor)] == before


def test_cookies_that_name_another_are_nobody(here: Attacked) -> None:
    anna = here.learners[0]
    phone = here.phone()
    for value in (anna.id, str(anna.actor), f"learner:{anna.id}", "1", "null", "x" * 5_000, "%00"):
        phone.cookies["session"] = value
        page = phone.get("/").text
        assert anna.name not in page
        assert "steps done" not in page


# Claims


def test_a_score_is_what_the_answers_earn(here: Attacked) -> None:
    who = here.learners[3]
    forged = WRONG | {
        "score": "7", "points": "7", "_score": "7", "success": "true", "result": "7/7",
        "completion": "true", "verb": "completed", "raw": "700",
    }  # fmt: skip
    assert "Kept." in here.phone_of(who).post(EXERCISE, forged).text
    found = here.data.progress.of_item(who.actor, PRACTICE)
    assert found
    assert found.score == 0


def test_a_try_that_is_sent_again_counts_once_and_forged_words_are_one_s_own(
    here: Attacked, mallory: Phone
) -> None:
    who, anna = here.learners[4], here.learners[0]
    before = here.data.progress.of_item(who.actor, PRACTICE)
    hers = here.data.progress.of_item(anna.actor, PRACTICE)
    form: Form = {**WRONG, "_submission": "a word of mine"}
    for _ in range(5):
        assert mallory.post(EXERCISE, form).status == 200
    after = here.data.progress.of_item(who.actor, PRACTICE)
    assert after
    assert after.attempts == (before.attempts if before else 0) + 1
    here.phone_of(here.learners[5]).post(EXERCISE, form)
    assert here.data.progress.of_item(anna.actor, PRACTICE) == hers


def test_an_exercise_cannot_be_claimed_to_be_done(here: Attacked) -> None:
    who = here.learners[5]
    phone = here.phone_of(who)
    before = here.records()
    for path, form in (
        (f"{EXERCISE}/done", {"_done": "1"}),
        (f"{EXERCISE}/said", {"type": "completed", "score": "9", "points": "9"}),
        ("/progress", {"pack": "fractions", "lesson": LESSON, "item": "practice", "seconds": "9"}),
    ):
        phone.post(path, form)
    claimed = [one for one in here.records() if one not in before and one[2] == "practice"]
    assert [verb for _, verb, _ in claimed if verb == "completed"] == []


@pytest.mark.parametrize(
    "said",
    [
        {"type": "score", "score": "8", "points": "7"},
        {"type": "score", "score": "-1", "points": "7"},
        {"type": "score", "score": "nan", "points": "7"},
        {"type": "score", "score": "1", "points": "0"},
        {"type": "score", "score": "1e308", "points": "1e309"},
        {"type": "score", "score": "1", "points": "99999999999"},
        {"type": "progress", "percent": "101"},
        {"type": "progress", "percent": "-0.1"},
        {"type": "progress", "percent": "0x10"},
        {"type": "passed"},
        {"type": ["completed", "score"], "score": ["1", "2"], "points": ""},
        {},
    ],
    ids=str,
)
def test_what_an_app_cannot_have_earned_is_refused(
    here: Attacked, mallory: Phone, said: Form
) -> None:
    before = here.records()
    assert mallory.post(f"{ITEM}/slicer/said", said).status == 400
    assert here.records() == before


def test_an_app_speaks_for_itself_alone(here: Attacked, mallory: Phone) -> None:
    before = here.records()
    said = {"type": "completed"}
    for item, status in (("halves", 405), ("intro", 405), ("practice", 405), ("nothing", 404)):
        assert mallory.post(f"{ITEM}/{item}/said", said).status == status
    assert mallory.post(f"/packs/water-cycle/{LESSON}/slicer/said", said).status == 404
    assert [one for one in here.records() if one not in before] == []


# A phone that goes from hand to hand


def test_pages_of_somebody_signed_in_stay_in_no_cache(here: Attacked, mallory: Phone) -> None:
    for path in ("/", ITEM, EXERCISE, "/packs/fractions", "/search?q=half", f"{ITEM}/intro"):
        assert mallory.get(path).headers["cache-control"] == "no-store", path
    assert mallory.post(EXERCISE, WRONG).headers["cache-control"] == "no-store"
    for path in ("/", ITEM):
        guest = here.phone().get(path)
        assert guest.headers["cache-control"] == "private, no-cache"
        assert "Cookie" in guest.headers["vary"]


def test_after_not_me_the_token_is_worth_nothing(here: Attacked) -> None:
    phone = here.phone_of(here.learners[3])
    token = phone.cookies["session"]
    assert phone.post("/sign-out").status == 303
    assert "session" not in phone.cookies
    phone.cookies["session"] = token
    page = phone.get("/").text
    assert here.learners[3].name not in page


def test_the_next_pupil_s_answers_are_not_the_last_one_s(here: Attacked) -> None:
    """The form was opened by one, and is sent by another: the back button, a second tab."""
    phone = here.phone_of(here.learners[2])
    who = phone.get(EXERCISE).hidden("_who")
    assert who == here.learners[2].id
    phone.post("/sign-out")
    here.sign_in(phone, here.learners[3])
    before = here.records()
    page = phone.post(EXERCISE, {**right_form(), "_who": who})
    assert "another person began it" in page.text
    assert [one for one in here.records() if one not in before and one[1] == "answered"] == []


def test_signing_in_gives_a_token_of_its_own_whatever_was_there(here: Attacked) -> None:
    """Session fixation: what Mallory put into the phone isn't what Anna goes on with."""
    theirs = here.phone_of(here.learners[4]).cookies["session"]
    for planted in (theirs, "chosen-by-mallory", "A" * 22):
        phone = here.phone()
        phone.cookies["session"] = planted
        assert here.sign_in(phone, here.learners[0]).status == 303
        assert phone.cookies["session"] not in {planted, theirs}
    other = here.phone()
    other.cookies["session"] = "chosen-by-mallory"
    assert here.learners[0].name not in other.get("/").text


def test_two_cookies_of_a_name_are_no_way_past(here: Attacked, mallory: Phone) -> None:
    """Tossed by a program on another port: whichever counts, it is a session that was begun."""
    token = mallory.cookies["session"]
    for line in (f"session=x; session={token}", f"session={token}; session=x", f"session={token};"):
        page = here.phone().get("/teacher", Cookie=line)
        assert page.status == 303
    assert here.phone().get("/", Cookie='session="; HttpOnly"; =; ;;;').status == 200


# Forms from elsewhere, and ways out of the site


@pytest.mark.parametrize("path", ["/sign-out", EXERCISE, "/progress", "/language", "/teacher/show"])
def test_a_form_from_the_sandbox_or_another_site_is_refused(
    here: Attacked, mallory: Phone, path: str
) -> None:
    before = here.records()
    port = here.site.address.rsplit(":", 1)[1]
    for origin in (
        "null", "", "http://evil.example", f"http://127.0.0.1.evil.example:{port}", "file://",
        f"http://127.0.0.1:{int(port) ^ 1}", here.site.address + ".", here.site.address + "@evil",
        f"{here.site.address}, http://evil.example", "http://", "//" + here.site.address[7:],
    ):  # fmt: skip
        assert mallory.post(path, right_form(), Origin=origin).status == 403, origin
    for site in ("cross-site", "same-site", "none", ""):
        assert mallory.post(path, right_form(), Sec_Fetch_Site=site).status == 403, site
    assert here.records() == before
    assert mallory.get("/").headers["cache-control"] == "no-store", "still signed in"


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "PROPFIND"])
def test_other_methods_do_nothing(here: Attacked, mallory: Phone, method: str) -> None:
    before = here.records()
    assert mallory.post(EXERCISE, right_form(), method=method).status in {400, 405, 501}
    assert mallory.post("/sign-out", b"", method=method).status in {400, 404, 405, 501}
    assert here.records() == before


def test_a_method_is_not_changed_by_a_header_or_a_field(here: Attacked, mallory: Phone) -> None:
    before = here.records()
    mallory.get(f"{EXERCISE}?_method=POST&half=1", X_HTTP_Method_Override="POST")
    mallory.get("/sign-out?_method=POST", X_HTTP_Method_Override="POST", X_Method_Override="POST")
    assert "answered" not in [one[1] for one in here.records() if one not in before]
    assert here.learners[4].name in mallory.get("/").text


@pytest.mark.parametrize(
    "place",
    [
        "//evil.example", "https://evil.example", "/\\evil.example", "\\\\evil", "/\t/evil.example",
        "javascript:alert(1)", "data:text/html,x", "http:evil.example", "/%0d%0aSet-Cookie:a=b",
        "/\r\nSet-Cookie: session=x", "///evil.example", "/ /evil", "", "x" * 9_000, "/" * 9_000,
    ],
    ids=lambda place: repr(place)[:40],
)  # fmt: skip
def test_no_door_leads_out_of_the_site(here: Attacked, mallory: Phone, place: str) -> None:
    who = here.learners[4]
    for path, form in (
        ("/language", {"language": "en"}),
        ("/reading", {"size": "large"}),
        (here.door(who), {"pin": PIN}),
    ):
        answer = mallory.post(path, {**form, "next": place})
        assert answer.status == 303
        there = answer.location
        assert there.startswith("/"), there
        assert not there.startswith(("//", "/\\")), there
        assert "set-cookie:" not in there.lower() or "%0d" in there.lower()
        assert len(there) < 3_000


@pytest.mark.parametrize(
    "host", ["evil.example", "", "a b", "x" * 300, "127.0.0.1:1@evil", 'e"><script>', "[::1", "é"]
)
def test_a_host_that_somebody_made_up_stands_on_no_page(here: Attacked, host: str) -> None:
    for path in ("/", ITEM, "/screen", f"/content/fractions/1/{LESSON}/slicer/index.html"):
        answer = here.phone().get(path, Host=host)
        assert answer.status == (200 if host in {"", "evil.example"} else 400)
        assert 'e"><script>' not in answer.text + " ".join(answer.headers.values())


def test_a_rebound_name_has_no_cookie_and_sees_what_guests_see(here: Attacked) -> None:
    """DNS rebinding: a page of evil.example that came to point here is of a site of its own."""
    phone = here.phone()
    form = right_form()
    rebound = {"Host": "evil.example", "Origin": "http://evil.example"}
    before = here.records()
    phone.post(EXERCISE, form, **rebound)
    mine = [one for one in here.records() if one not in before]
    assert {actor.split(":")[0] for actor, _, _ in mine} <= {"device"}
    assert phone.get("/teacher", Host="evil.example").status == 303


# The wall


def test_what_is_on_the_wall_is_turned_by_its_teacher_alone(here: Attacked, mallory: Phone) -> None:
    page = here.phone().get("/screen")
    assert page.status == 200
    before = here.phone().get("/screen/state").text
    for form in ({"do": "end"}, {"to": "3"}, {"do": "dark"}, {"pack": "water-cycle"}):
        assert mallory.post("/teacher/show", form).status == 403
        for path in ("/screen", "/screen/state", "/screen/0"):
            assert mallory.post(path, form).status == 405
    assert here.phone().get("/screen/state").text == before


def test_a_show_s_name_is_not_for_guessing(here: Attacked) -> None:
    for name in ("0", "00000000", "ffffffff", "..", "%2e%2e", "x" * 2_000, "%00", "'--"):
        answer = here.phone().get(f"/screen/{name}")
        assert answer.status in {200, 404}
        assert "practice" not in answer.text
