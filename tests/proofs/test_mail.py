"""Who is told by e-mail, of what, and how often: a real mail server on this machine takes the messages."""

from email import message_from_bytes, policy

import pytest
from aiosmtpd.controller import Controller
from sandboxed import running
from tieout.api.errors import ReauthNeeded
from tieout_app.cli import main


class Postbox:
    """Takes every message, or none."""

    def __init__(self):
        self.letters = []
        self.answer = "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if self.answer.startswith("250"):
            self.letters.append(message_from_bytes(envelope.content, policy=policy.default))
        return self.answer


class Server(Controller):
    """A mail server at any port that is free."""

    def _trigger_server(self):
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@pytest.fixture
def postbox():
    return Postbox()


@pytest.fixture
def firm(tmp_path, postbox, below):
    """A firm of which everything lies in a locked period, and a bookkeeper who is told."""
    server = Server(postbox, hostname="127.0.0.1", port=0)
    server.start()
    try:
        with running(tmp_path, size=3) as systems:
            below(systems.runtime)
            books = {"PeriodLockDate": "2035-01-01", "EndOfYearLockDate": None}
            systems.edit(systems.xero, collection="Organisation", set=books)
            told(systems, f'{{ to = ["ana@firm.example"], server = "127.0.0.1:{server.port}" }}')
            yield systems
    finally:
        server.stop()


def told(systems, mail):
    text = systems.config.read_text(encoding="utf-8")
    text = text.replace("[pairs.main]\n", f"[pairs.main]\nmail = {mail}\n", 1)
    systems.config.write_text(text, encoding="utf-8")


def tell(systems):
    with systems.desk() as desk:
        return desk.mail.tell("main")


def refuse(systems):
    """The organisation refuses Tieout."""
    systems.fault(systems.xero, "status:403", path="/api.xro/2.0/Accounts")
    with systems.desk() as desk, pytest.raises(ReauthNeeded):
        desk.reference("main")


def test_what_is_held_is_told_once_a_day_with_its_causes_and_fixes(firm, postbox):
    assert tell(firm) is None and not postbox.letters  # nothing was ever synced
    report = firm.sync()
    many = sum(group.count for group in report.holds if group.kind == "hold")
    assert many > 1
    assert tell(firm) is None and tell(firm) is None
    (letter,) = postbox.letters
    assert letter["To"] == letter["From"] == "ana@firm.example"
    assert letter["Subject"].startswith(f"{many} records need attention in Xero sync - ")
    for group in report.holds:
        if group.kind == "hold":
            assert group.problem.what in letter.get_content() and group.problem.fix in letter.get_content()
    firm.clock.wait(25 * 60 * 60)
    tell(firm)
    tell(firm)
    assert [one["Subject"] for one in postbox.letters] == [letter["Subject"]] * 2


def test_a_lost_consent_is_told_at_once_and_once_for_each_time(firm, postbox):
    firm.sync()
    tell(firm)
    postbox.letters.clear()
    refuse(firm)
    assert tell(firm) is None and tell(firm) is None
    (letter,) = postbox.letters
    assert letter["Subject"].startswith("Xero has to be connected again - ")
    assert "tieout connect books" in letter.get_content()
    assert main(["-c", str(firm.config), "check", "books"]) == 0
    assert tell(firm) is None and len(postbox.letters) == 1
    firm.clock.wait(60)
    refuse(firm)
    tell(firm)
    assert len(postbox.letters) == 2


def test_a_mail_server_that_takes_nothing_is_told_and_left_alone_for_a_while(firm, postbox):
    firm.sync()
    postbox.answer = "554 Not today"
    error = tell(firm)
    assert error.problem.what.startswith("the mail server 127.0.0.1:") and "Not today" in error.problem.said
    postbox.answer = "250 OK"
    assert tell(firm) is None and not postbox.letters
    firm.clock.wait(16 * 60)
    assert tell(firm) is None
    assert len(postbox.letters) == 1


def test_the_runner_tells_after_each_sync(firm, postbox):
    firm.sync()
    assert main(["-c", str(firm.config), "run", "--once"]) == 0
    assert len(postbox.letters) == 1


def test_a_person_may_ask_whether_mail_arrives(firm, postbox, capsys):
    assert main(["-c", str(firm.config), "mail"]) == 0
    assert "ana@firm.example" in capsys.readouterr().out
    assert [one["Subject"] for one in postbox.letters] == ["Tieout: mail arrives (main)"]


@pytest.mark.parametrize(
    ("mail", "said"),
    [
        ("{}", "nobody is told"),
        ('{ to = ["ana"] }', "no e-mail address"),
        ('{ to = ["ana@firm.example"], server = "smtp" }', "with its port"),
        ('{ to = ["ana@firm.example"], sever = "smtp:25" }', '"server"'),
        ('{ to = ["ana@firm.example"], server = "127.0.0.1:9" }', "did not take the message"),
    ],
)
def test_what_is_wrong_with_the_mail_is_said(tmp_path, capsys, below, mail, said):
    with running(tmp_path, size=1) as systems:
        below(systems.runtime)
        told(systems, mail)
        assert main(["-c", str(systems.config), "mail"]) in (2, 5)
    assert said in " ".join(capsys.readouterr().err.split())
