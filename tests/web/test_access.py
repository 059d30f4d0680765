"""Who comes in, who may do what, and what every answer is protected by."""

import re
import sqlite3
from pathlib import Path
from typing import ClassVar

import pytest
from sandboxed import Functions
from starlette.testclient import TestClient
from tieout.api.entropy import Entropy
from tieout.api.runtime import Runtime
from tieout.testing import FakeClock
from tieout_web.access import Access, Attempts, Person
from tieout_web.page import Way
from tieout_web.pages import PAGES
from tieout_web.site import Site

from .conftest import ADDRESS, Browser, Opened, unchanged, words

WAYS = [way for page in PAGES for way in page.ways]
CHANGING = [way for way in WAYS if way.method == "POST"]
GUARDED = [way for way in WAYS if way.role != "viewer"]


def filled(way: Way) -> str:
    return re.sub(r"\{[^}]+\}", "books", re.sub(r"\{\w+:int\}", "1", way.path))


def name(way: Way) -> str:
    return f"{way.method} {way.path}"


@pytest.fixture(scope="module")
def onlooker(still: Opened) -> Browser:
    """A viewer of the site on which nothing changes."""
    return still.sign_in("vic", "viewer")


@pytest.mark.parametrize("way", WAYS, ids=name)
def test_nobody_gets_nothing_without_signing_in(still: Opened, way: Way) -> None:
    with unchanged(still.config):
        answer = still.client().request(way.method, filled(way), follow_redirects=False)
    assert answer.status_code in (303, 401)
    assert answer.status_code == 401 or answer.headers["location"].startswith("/login")


@pytest.mark.parametrize("way", GUARDED, ids=name)
def test_a_viewer_is_refused_what_needs_more(still: Opened, onlooker: Browser, way: Way) -> None:
    with unchanged(still.config):
        given = {"csrf": onlooker.csrf}
        answer = onlooker.request(way.method, filled(way), data=given, follow_redirects=False)
    assert answer.status_code == 403
    assert "role-needed" in answer.text


@pytest.mark.parametrize("way", CHANGING, ids=name)
@pytest.mark.parametrize("token", ["", "wrong"])
def test_a_form_without_the_token_of_its_session_is_refused(
    still: Opened, resident: Browser, way: Way, token: str
) -> None:
    with unchanged(still.config):
        answer = resident.post(filled(way), data={"csrf": token} if token else {}, follow_redirects=False)
    assert answer.status_code == 403
    assert "form-expired" in answer.text


def test_every_change_needs_more_than_looking() -> None:
    assert [name(way) for way in CHANGING if way.role == "viewer"] == []


def test_the_token_of_another_session_does_not_serve(still: Opened, resident: Browser) -> None:
    bob = still.sign_in("bob", "administrator")
    answer = resident.post("/settings/apps/items", data={"csrf": bob.csrf}, follow_redirects=False)
    assert answer.status_code == 403


def test_a_form_sent_from_another_site_is_refused(resident: Browser) -> None:
    headers = {"sec-fetch-site": "cross-site"}
    given = {"csrf": resident.csrf}
    answer = resident.post("/settings/apps/items", data=given, headers=headers, follow_redirects=False)
    assert answer.status_code == 403


def test_a_link_signs_in_once(client: TestClient, site: Site) -> None:
    key = site.access.link(Person("ana", "administrator"))
    first = client.get(f"/login?key={key}", follow_redirects=False)
    assert first.status_code == 303
    client.cookies.clear()
    again = client.get(f"/login?key={key}", follow_redirects=False)
    assert again.status_code == 403
    assert "used already" in words(again)


def test_a_link_and_a_session_end(tmp_path: Path) -> None:
    clock = FakeClock()
    access = Access(tmp_path / "web.db", Runtime(clock=clock))
    key = access.link(Person("ana", "viewer"))
    session = access.begin(Person("ana", "viewer"))
    clock.advance(16 * 60)
    assert access.redeem(key) is None
    assert access.session(session.id) is not None
    clock.advance(12 * 3600)
    assert access.session(session.id) is None
    access.close()


def test_the_page_goes_by_the_clock_of_its_machine(ana: Browser, both: Functions) -> None:
    both.clock.advance(2 * 3600)
    assert "Connected by " in words(ana.get("/settings")) and ">2 h ago<" in ana.get("/settings").text
    both.clock.advance(10 * 3600 + 1)
    assert ana.get("/settings", follow_redirects=False).headers["location"] == "/login?next=/settings"


def test_what_only_its_holder_knows_comes_from_the_chance_of_its_machine(weak: None, tmp_path: Path) -> None:
    class Tallied(Entropy):
        sizes: ClassVar[list[int]] = []

        def bytes(self, size: int) -> bytes:
            self.sizes.append(size)
            return super().bytes(size)

    access, ana = Access(tmp_path / "web.db", Runtime(entropy=Tallied())), Person("ana", "viewer")
    session = access.begin(ana)
    told = {access.link(ana), access.token(ana).removeprefix("tieout_"), session.id, session.csrf}
    assert len(told) == 4 and all(len(one) == 43 and one.isalnum() for one in told)
    assert sum(Tallied.sizes) >= 4 * 32
    access.set_password("ana", "viewer", "correct horse battery")
    assert Tallied.sizes[-1] == 16  # salt
    access.close()


def test_a_session_outlives_a_restart_and_ends_with_a_new_password(weak: None, tmp_path: Path) -> None:
    before = Access(tmp_path / "web.db")
    session = before.begin(Person("ana", "administrator"))
    before.close()
    after = Access(tmp_path / "web.db")
    assert after.session(session.id) is not None
    after.set_password("ana", "viewer", "correct horse battery")
    assert after.session(session.id) is None
    after.close()


def test_the_database_holds_no_secret_and_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "web.db"
    access = Access(path)
    access.set_password("ana", "administrator", "correct horse battery")
    ana = Person("ana", "administrator")
    known = [access.begin(ana).id, access.link(ana), access.token(ana), "correct horse battery"]
    access.close()
    kept = "\n".join(sqlite3.connect(path).iterdump())
    assert "$argon2id$v=19$m=65536,t=3,p=4$" in kept
    assert not any(value in kept for value in known)
    assert path.stat().st_mode & 0o077 == 0


def test_a_password_lets_in_and_a_wrong_one_does_not(weak: None, client: TestClient, site: Site) -> None:
    site.access.set_password("ana", "resolver", "correct horse battery")
    wrong = client.post("/login", data={"name": "ana", "password": "wrong"})
    assert wrong.status_code == 403
    assert 'value="ana"' in wrong.text
    assert "tieout-session" not in client.cookies
    right = client.post("/login", data={"name": "ana", "password": "correct horse battery"}, follow_redirects=False)
    assert right.status_code == 303
    assert "resolver" in words(client.get("/settings"))


def test_a_name_that_nobody_has_is_told_like_a_wrong_password(weak: None, client: TestClient, site: Site) -> None:
    site.access.set_password("ana", "resolver", "correct horse battery")
    known, unknown = (words(client.post("/login", data={"name": one, "password": "x"})) for one in ("ana", "eve"))
    assert known == unknown


def test_guessing_has_to_wait(weak: None, client: TestClient, site: Site) -> None:
    site.access.set_password("ana", "resolver", "correct horse battery")
    for _ in range(5):
        assert client.post("/login", data={"name": "ana", "password": "wrong"}).status_code == 403
    late = client.post("/login", data={"name": "ana", "password": "correct horse battery"})
    assert late.status_code == 429
    assert 0 < int(late.headers["retry-after"]) <= 300


def test_who_has_waited_may_try_again() -> None:
    clock = FakeClock()
    attempts = Attempts(Runtime(clock=clock))
    for _ in range(5):
        attempts.failed("ana")
    assert attempts.wait("ana") == 300
    assert attempts.wait("bob") == 0
    clock.advance(301)
    assert attempts.wait("ana") == 0


@pytest.mark.parametrize(
    "path",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "/\t/evil",
    ],
)
def test_signing_in_leads_to_our_own_pages_only(still: Opened, path: str) -> None:
    key = still.site.access.link(Person("ana", "administrator"))
    answer = still.client().get("/login", params={"key": key, "next": path}, follow_redirects=False)
    assert answer.headers["location"] == "/"


def test_signing_in_leads_back_to_what_was_asked_for(still: Opened) -> None:
    client = still.client()
    assert client.get("/settings", follow_redirects=False).headers["location"] == "/login?next=/settings"
    key = still.site.access.link(Person("ana", "administrator"))
    answer = client.get("/login", params={"key": key, "next": "/settings"}, follow_redirects=False)
    assert answer.headers["location"] == "/settings"


def test_signing_out_ends_the_session(ana: Browser, site: Site) -> None:
    id = ana.cookies["tieout-session"]
    ana.fill("/logout")
    assert site.access.session(id) is None
    assert ana.get("/settings", follow_redirects=False).status_code == 303


def test_the_cookie_is_for_this_site_and_no_script(still: Opened) -> None:
    key = still.site.access.link(Person("ana", "administrator"))
    cookie = still.client().get(f"/login?key={key}", follow_redirects=False).headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "samesite=lax" in cookie.lower()
    assert "secure" not in cookie.lower()


@pytest.mark.parametrize("path", ["/login", "/settings", "/nowhere", "/static/tieout.css"])
def test_every_answer_forbids_foreign_and_inline_code(resident: Browser, path: str) -> None:
    answer = resident.get(path)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert not re.search(r"<script(?![^>]*\bsrc=)", answer.text)
    assert not re.search(r"\sstyle=|\son[a-z]+=|javascript:", answer.text)
    assert not re.search(r'(?:src|href)="(?:https?:)?//', answer.text)


def test_another_host_is_not_served(still: Opened, resident: Browser) -> None:
    assert resident.get("/settings", headers={"host": "evil.example"}).status_code == 421
    near = still.client().get("/settings", headers={"host": "127.0.0.1:8713"}, follow_redirects=False)
    assert near.headers["location"] == f"{ADDRESS.url}/settings"


def test_the_feed_is_for_those_who_are_signed_in(still: Opened) -> None:
    assert still.client().get("/events").status_code == 401


def test_a_sign_in_sent_from_another_site_is_refused(weak: None, client: TestClient, site: Site) -> None:
    site.access.set_password("ana", "resolver", "correct horse battery")
    form = {"name": "ana", "password": "correct horse battery"}
    answer = client.post("/login", data=form, headers={"sec-fetch-site": "cross-site"}, follow_redirects=False)
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("path", ["/login", "/settings/apps/items", "/api/pairs/main/holds/retry"])
def test_a_body_without_end_is_cut_off(resident: Browser, path: str) -> None:
    answer = resident.post(path, data={"csrf": resident.csrf, "name": "x" * 2_000_000})
    assert answer.status_code == 413
