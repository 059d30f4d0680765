"""Who comes in, who may do what, and what every answer is protected by."""

import re
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from tieout_web.access import Access, Attempts, Person, Role
from tieout_web.page import Way
from tieout_web.pages import PAGES
from tieout_web.site import Site

from .conftest import ADDRESS, Browser, words

WAYS = [way for page in PAGES for way in page.ways]
CHANGING = [way for way in WAYS if way.method == "POST"]
GUARDED = [way for way in WAYS if way.role != "viewer"]


def filled(way: Way) -> str:
    return re.sub(r"\{[^}]+\}", "books", re.sub(r"\{\w+:int\}", "1", way.path))


def name(way: Way) -> str:
    return f"{way.method} {way.path}"


@pytest.mark.parametrize("way", WAYS, ids=name)
def test_nobody_gets_nothing_without_signing_in(client: TestClient, config: Path, way: Way) -> None:
    before = config.read_bytes()
    answer = client.request(way.method, filled(way), follow_redirects=False)
    assert answer.status_code in (303, 401)
    assert answer.status_code == 401 or answer.headers["location"].startswith("/login")
    assert config.read_bytes() == before


@pytest.mark.parametrize("way", GUARDED, ids=name)
def test_a_viewer_is_refused_what_needs_more(vic: Browser, config: Path, way: Way) -> None:
    before = config.read_bytes()
    answer = vic.request(way.method, filled(way), data={"csrf": vic.csrf}, follow_redirects=False)
    assert answer.status_code == 403
    assert "role-needed" in answer.text
    assert config.read_bytes() == before


@pytest.mark.parametrize("way", CHANGING, ids=name)
@pytest.mark.parametrize("token", ["", "wrong"])
def test_a_form_without_the_token_of_its_session_is_refused(ana: Browser, config: Path, way: Way, token: str) -> None:
    before = config.read_bytes()
    answer = ana.post(filled(way), data={"csrf": token} if token else {}, follow_redirects=False)
    assert answer.status_code == 403
    assert "form-expired" in answer.text
    assert config.read_bytes() == before


def test_every_change_needs_more_than_looking() -> None:
    assert [name(way) for way in CHANGING if way.role == "viewer"] == []


def test_the_token_of_another_session_does_not_serve(ana: Browser, sign_in: Callable[[str, Role], Browser]) -> None:
    bob = sign_in("bob", "administrator")
    answer = ana.post("/settings/apps/items", data={"csrf": bob.csrf}, follow_redirects=False)
    assert answer.status_code == 403


def test_a_form_sent_from_another_site_is_refused(ana: Browser) -> None:
    headers = {"sec-fetch-site": "cross-site"}
    answer = ana.post("/settings/apps/items", data={"csrf": ana.csrf}, headers=headers, follow_redirects=False)
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
    now = [1_000.0]
    access = Access(tmp_path / "web.db", lambda: now[0])
    key = access.link(Person("ana", "viewer"))
    session = access.begin(Person("ana", "viewer"))
    now[0] += 16 * 60
    assert access.redeem(key) is None
    assert access.session(session.id) is not None
    now[0] += 12 * 3600
    assert access.session(session.id) is None
    access.close()


def test_a_session_outlives_a_restart_and_ends_with_a_new_password(tmp_path: Path) -> None:
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
    assert "$argon2id$" in kept
    assert not any(value in kept for value in known)
    assert path.stat().st_mode & 0o077 == 0


def test_a_password_lets_in_and_a_wrong_one_does_not(client: TestClient, site: Site) -> None:
    site.access.set_password("ana", "resolver", "correct horse battery")
    wrong = client.post("/login", data={"name": "ana", "password": "wrong"})
    assert wrong.status_code == 403
    assert 'value="ana"' in wrong.text
    assert "tieout-session" not in client.cookies
    right = client.post("/login", data={"name": "ana", "password": "correct horse battery"}, follow_redirects=False)
    assert right.status_code == 303
    assert "resolver" in words(client.get("/settings"))


def test_a_name_that_nobody_has_is_told_like_a_wrong_password(client: TestClient, site: Site) -> None:
    site.access.set_password("ana", "resolver", "correct horse battery")
    known, unknown = (words(client.post("/login", data={"name": one, "password": "x"})) for one in ("ana", "eve"))
    assert known == unknown


def test_guessing_has_to_wait(client: TestClient, site: Site) -> None:
    site.access.set_password("ana", "resolver", "correct horse battery")
    for _ in range(5):
        assert client.post("/login", data={"name": "ana", "password": "wrong"}).status_code == 403
    late = client.post("/login", data={"name": "ana", "password": "correct horse battery"})
    assert late.status_code == 429
    assert 0 < int(late.headers["retry-after"]) <= 300


def test_who_has_waited_may_try_again() -> None:
    now = [0.0]
    attempts = Attempts(lambda: now[0])
    for _ in range(5):
        attempts.failed("ana")
    assert attempts.wait("ana") == 300
    assert attempts.wait("bob") == 0
    now[0] = 301
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
def test_signing_in_leads_to_our_own_pages_only(client: TestClient, site: Site, path: str) -> None:
    key = site.access.link(Person("ana", "administrator"))
    answer = client.get("/login", params={"key": key, "next": path}, follow_redirects=False)
    assert answer.headers["location"] == "/"


def test_signing_in_leads_back_to_what_was_asked_for(client: TestClient, site: Site) -> None:
    assert client.get("/settings", follow_redirects=False).headers["location"] == "/login?next=/settings"
    key = site.access.link(Person("ana", "administrator"))
    answer = client.get("/login", params={"key": key, "next": "/settings"}, follow_redirects=False)
    assert answer.headers["location"] == "/settings"


def test_signing_out_ends_the_session(ana: Browser, site: Site) -> None:
    id = ana.cookies["tieout-session"]
    ana.fill("/logout")
    assert site.access.session(id) is None
    assert ana.get("/settings", follow_redirects=False).status_code == 303


def test_the_cookie_is_for_this_site_and_no_script(client: TestClient, site: Site) -> None:
    key = site.access.link(Person("ana", "administrator"))
    cookie = client.get(f"/login?key={key}", follow_redirects=False).headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "samesite=lax" in cookie.lower()
    assert "secure" not in cookie.lower()


@pytest.mark.parametrize("path", ["/login", "/settings", "/nowhere", "/static/tieout.css"])
def test_every_answer_forbids_foreign_and_inline_code(ana: Browser, path: str) -> None:
    answer = ana.get(path)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert not re.search(r"<script(?![^>]*\bsrc=)", answer.text)
    assert not re.search(r"\sstyle=|\son[a-z]+=|javascript:", answer.text)
    assert not re.search(r'(?:src|href)="(?:https?:)?//', answer.text)


def test_another_host_is_not_served(client: TestClient, ana: Browser) -> None:
    assert ana.get("/settings", headers={"host": "evil.example"}).status_code == 421
    near = client.get("/settings", headers={"host": "127.0.0.1:8713"}, follow_redirects=False)
    assert near.headers["location"] == f"{ADDRESS.url}/settings"


def test_the_feed_is_for_those_who_are_signed_in(client: TestClient) -> None:
    assert client.get("/events").status_code == 401


def test_a_sign_in_sent_from_another_site_is_refused(client: TestClient, site: Site) -> None:
    site.access.set_password("ana", "resolver", "correct horse battery")
    form = {"name": "ana", "password": "correct horse battery"}
    answer = client.post("/login", data=form, headers={"sec-fetch-site": "cross-site"}, follow_redirects=False)
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("path", ["/login", "/settings/apps/items", "/api/pairs/main/holds/retry"])
def test_a_body_without_end_is_cut_off(ana: Browser, path: str) -> None:
    answer = ana.post(path, data={"csrf": ana.csrf, "name": "x" * 2_000_000})
    assert answer.status_code == 413
