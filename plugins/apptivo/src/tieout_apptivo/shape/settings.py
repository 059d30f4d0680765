"""What a person sets to reach one Apptivo firm."""

from __future__ import annotations

import re
from datetime import timedelta, timezone
from typing import Annotated
from urllib.parse import quote, urlsplit

from pydantic import AfterValidator, Field
from tieout import Secret, Settings

from tieout_apptivo.shape.overrides import Overrides
from tieout_apptivo.shape.profile import shipped

APPTIVO_HOSTS = ("app.apptivo.com", "api2.apptivo.com", "api.apptivo.com")
"""The hosts under which Apptivo serves one and the same application (docs/facts/apptivo.md, "Hosts")."""

_LOCAL = ("localhost", "127.0.0.1", "::1")
_OFFSET = re.compile(r"([+-])(\d{2}):([0-5]\d)")


def _address(value: str) -> str:
    parts = urlsplit(value)
    if not parts.hostname or not (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOCAL)):
        raise ValueError("give a whole address that begins with https://")
    return value.rstrip("/")


def _offset(value: str) -> str:
    if not (match := _OFFSET.fullmatch(value)) or int(match[2]) > 14:
        raise ValueError('give the offset from UTC as hours and minutes, for example "+05:30"')
    return value


class Firm(Settings):
    """How to reach one Apptivo firm and how to read its records.

    The key pair is made under Business Settings -> API Access and gives access to all data of the firm; `user-name`
    is the e-mail of the employee on whose behalf calls are made. `overlap-hours` is how far a read goes back before
    the newest change seen, `sweep-hours` how often everything is read, which alone shows what was deleted,
    `server-utc-offset` the clock of Apptivo's stamps (docs/facts/apptivo.md, "Dates and stamps": seen once, so give it
    where yours differs), `file-hosts` where else than at the address stored files may be downloaded, and `profile` what
    differs from the shipped object profile: the name of a file beside the configuration, which `tieout doctor` writes,
    or the differing keys themselves.
    """

    base_url: Annotated[str, AfterValidator(_address)] = Field(default="https://app.apptivo.com/app", title="Address")
    api_key: Secret = Field(title="API key")
    access_key: Secret = Field(title="Access key")
    user_name: str = Field(default="", title="Employee's e-mail")
    page_size: int = Field(default=100, ge=1, le=250, title="Records in one call")
    overlap_hours: int = Field(default=48, ge=0, title="Overlap in hours")
    sweep_hours: int = Field(default=24, ge=1, title="Hours between complete reads")
    server_utc_offset: Annotated[str, AfterValidator(_offset)] = Field(default="+05:30", title="Offset of the stamps")
    file_hosts: tuple[str, ...] = Field(default=(), title="Hosts of stored files")
    profile: Overrides = Field(default_factory=shipped, title="Object profile")

    @property
    def zone(self) -> timezone:
        """The zone of Apptivo's stamps."""
        sign, hours, minutes = self.server_utc_offset[0], self.server_utc_offset[1:3], self.server_utc_offset[4:]
        distance = timedelta(hours=int(hours), minutes=int(minutes))
        return timezone(-distance if sign == "-" else distance)

    def page(self, app: str, id: str) -> str:
        """The address at which people see a record of an app."""
        shape = self.profile.app(app)
        address = shape.page.replace("{base-url}", self.base_url).replace("{url-name}", shape.url_name)
        return address.replace("{id}", quote(id, safe=""))


def hosts(settings: Firm) -> tuple[str, ...]:
    """The hosts that these settings lead to."""
    own = urlsplit(settings.base_url).hostname or ""
    return (*(APPTIVO_HOSTS if own in APPTIVO_HOSTS else (own,)), *settings.file_hosts)
