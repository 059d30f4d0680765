"""Every error that Tieout raises, by what the engine will do about it.

    TieoutError
    |- ConfigError        stop, and show the file, line and key
    |- PluginError        the plugin is off, with its reason; the rest runs
    |- ContractError      a plugin broke the contract: a bug report that names it
    |- ReauthNeeded       pause the connection; names the command or button
    |- Throttled          wait until its time, or pause
    |- Unavailable        back off and try again (reads only)
    |- OutcomeUnknown     a write that may have happened: look up, never resend first
    |- Rejected           a hold, with all its problems
    |- Conflict           a question for a person
    |- LeaseLost          another process took over: nothing more is written
    |- LedgerError        the ledger cannot be used: newer version, unreadable, disk full
    `- Refused            a person's command cannot be carried out as given

Every message says what happened, why, and what to do; then the system's own words; then a stable code.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One reason why a record cannot go.

    `cause` is a stable code (`tax-unmapped`), shared by every record that the same thing stops; `about` is what it
    concerns (the name of the tax), so that records group by it. `said` are the system's own words.
    """

    cause: str
    what: str
    why: str = ""
    fix: str = ""
    about: str = ""
    said: str = ""

    def __str__(self) -> str:
        parts = [
            self.what,
            self.why,
            self.fix,
            f'The system said: "{self.said}"' if self.said else "",
            f"[{self.cause}]",
        ]
        return " ".join(part for part in parts if part)


class TieoutError(Exception):
    """The root of the tree; `code` is stable and `exit_code` is what a command ends with.

    `connection` names the connection that it came from, where it came from one; core fills it in.
    """

    code = "error"
    exit_code = 1
    connection = ""

    def __init__(self, what: str, *, why: str = "", fix: str = "", said: str = "") -> None:
        super().__init__(what)
        self.problem = Problem(cause=self.code, what=what, why=why, fix=fix, said=said)

    def __str__(self) -> str:
        return str(self.problem)


class ConfigError(TieoutError):
    """The configuration is wrong; `where` names file, line and key, and `key` is the key alone, where there is one."""

    code = "config"
    exit_code = 2

    def __init__(
        self, what: str, *, where: str = "", key: tuple[str, ...] = (), why: str = "", fix: str = "", said: str = ""
    ) -> None:
        super().__init__(f"{where}: {what}" if where else what, why=why, fix=fix, said=said)
        self.where = where
        self.key = key
        self.what = what


class PluginError(TieoutError):
    """A plugin cannot be used, and is off for this reason."""

    code = "plugin"
    exit_code = 2


class ContractError(TieoutError):
    """A plugin answered something that the contract does not allow."""

    code = "contract"
    exit_code = 70


class ReauthNeeded(TieoutError):
    """The consent is over, does not reach this, or was never given: a person has to connect again.

    `ended` says that the grant itself is over, and with it every connection that shares it.
    """

    code = "reauth"
    exit_code = 4

    def __init__(self, what: str, *, ended: bool = False, why: str = "", fix: str = "", said: str = "") -> None:
        super().__init__(what, why=why, fix=fix, said=said)
        self.ended = ended


class Throttled(TieoutError):
    """A limit is used up; nothing was done. `until` is when to go on (UTC), `scope` which limit.

    `concurrent` and `minute` pass by themselves; `day` is a pause, and `reserve` one for the schedule alone, because
    the calls that are left of the day are kept for people.
    """

    code = "throttled"
    exit_code = 5

    def __init__(self, what: str, *, until: datetime, scope: str, why: str = "", fix: str = "", said: str = "") -> None:
        super().__init__(what, why=why, fix=fix, said=said)
        self.until = until
        self.scope = scope

    @property
    def lasting(self) -> bool:
        """Whether it is a pause, and not worth waiting for."""
        return self.scope in ("day", "reserve")


class Unavailable(TieoutError):
    """The system cannot be reached or failed by itself, and nothing was changed."""

    code = "unavailable"
    exit_code = 5


class OutcomeUnknown(TieoutError):
    """A write was sent and its outcome is not known: it may or may not have happened.

    `answered` says that the system did answer, with a failure of its own: nothing of it is under way any more.
    """

    code = "outcome-unknown"
    exit_code = 5

    def __init__(self, what: str, *, answered: bool = False, why: str = "", fix: str = "", said: str = "") -> None:
        super().__init__(what, why=why, fix=fix, said=said)
        self.answered = answered


class Rejected(TieoutError):
    """A record cannot go, for one or more problems."""

    code = "rejected"
    exit_code = 3

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(str(problem) for problem in problems))
        self.problems = problems


class Conflict(TieoutError):
    """Both sides changed, or two records claim the same counterpart: a person has to choose."""

    code = "conflict"
    exit_code = 3


class LeaseLost(TieoutError):
    """Another process holds the lease now, so this one may write nothing more."""

    code = "lease-lost"
    exit_code = 6


class LedgerError(TieoutError):
    """The ledger cannot be opened or written."""

    code = "ledger"
    exit_code = 7


class Refused(TieoutError):
    """A command cannot be carried out as it was given."""

    code = "refused"
    exit_code = 2
