"""Mail: how to reach the people who are told what needs them."""

from __future__ import annotations

import smtplib
import ssl
from email.message import EmailMessage
from typing import Annotated

from pydantic import AfterValidator, Field

from tieout.api.contract import Settings
from tieout.api.errors import Refused, Unavailable
from tieout.api.secret import Secret, redact

_LOCAL = ("localhost", "127.0.0.1", "::1")
_TLS = 465
"""The port at which everything is encrypted from the first byte (RFC 8314); elsewhere STARTTLS is asked for."""
_PATIENCE = 20.0
"""Seconds for a mail server to answer."""


def _address(value: str) -> str:
    if value and ("@" not in value or any(sign.isspace() for sign in value)):
        raise ValueError("this is no e-mail address")
    return value


def _server(value: str) -> str:
    host, _, port = value.rpartition(":")
    if not host or not port.isdecimal():
        raise ValueError('give the mail server with its port, for example "smtp.example.com:587"')
    return value


Address = Annotated[str, AfterValidator(_address)]


class Mail(Settings):
    """Who is told by e-mail what needs a person, and through which server; nobody unless there is an address."""

    to: tuple[Address, ...] = Field(default=(), title="Who is told", description="E-mail addresses.")
    at_once: bool = Field(default=True, title="At once", description="When a system has to be connected again.")
    daily: bool = Field(default=True, title="Once a day", description="What needs attention, if anything does.")
    server: Annotated[str, AfterValidator(_server)] = Field(
        default="localhost:25", title="Mail server", description="With its port, for example smtp.example.com:587."
    )
    sender: Address = Field(default="", title="From", description="The first of those who are told, unless it is set.")
    user: str = Field(default="", title="User", description="Where the server wants to know who sends.")
    password: Secret | None = Field(default=None, title="Password")


def send(mail: Mail, subject: str, text: str) -> None:
    """Send a message to everybody who is told.

    Raises `Unavailable` when the server cannot be reached or does not take it, and `Refused` when nobody is told or the
    password would go unencrypted.
    """
    if not mail.to:
        raise Refused("nobody is told by e-mail", fix='Name somebody, for example mail = { to = ["ana@firm.example"] }')
    message = EmailMessage()
    message["Subject"], message["To"], message["From"] = subject, ", ".join(mail.to), mail.sender or mail.to[0]
    message["Auto-Submitted"] = "auto-generated"  # so that nobody's absence note answers it (RFC 3834)
    message.set_content(text)
    try:
        with _opened(mail) as client:
            client.send_message(message)
    except (OSError, smtplib.SMTPException) as error:
        raise Unavailable(
            f"the mail server {mail.server} did not take the message",
            why=type(error).__name__,
            fix="Check `mail` in the pair's section: server, port, user and password.",
            said=redact(str(error)),
        ) from error


def _opened(mail: Mail) -> smtplib.SMTP:
    host, _, port = mail.server.rpartition(":")
    safe = ssl.create_default_context()
    if int(port) == _TLS:
        client: smtplib.SMTP = smtplib.SMTP_SSL(host, _TLS, timeout=_PATIENCE, context=safe)
    else:
        client = smtplib.SMTP(host, int(port), timeout=_PATIENCE)
        client.ehlo()
        if client.has_extn("starttls"):
            client.starttls(context=safe)
            client.ehlo()
        elif mail.user and host not in _LOCAL:
            client.close()
            raise Refused(f"{mail.server} takes no encryption, and a password would be sent", fix="Use another port.")
    if mail.user:
        client.login(mail.user, mail.password.reveal() if mail.password else "")
    return client
