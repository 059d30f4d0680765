"""The desk: every question and command that a person has, audited.

The command line and the page use this module and nothing else of core.
"""

from tieout.api.contract import Answer, Consent, Event, Finding, Proposal, Tenant
from tieout.api.errors import ConfigError, Problem, ReauthNeeded, Refused, TieoutError
from tieout.api.model import Account, Reference
from tieout.api.runtime import Runtime
from tieout.desk.backfill import Backfill, BackfillCount
from tieout.desk.desk import AccountChoice, Desk, answer
from tieout.desk.diff import FieldDiff
from tieout.desk.editing import App, Changed, Form, Kept
from tieout.desk.fields import Field, Option
from tieout.desk.forecast import Forecast
from tieout.desk.held import Wanted
from tieout.desk.past import PastRun, RunPage
from tieout.desk.plans import ChangePage, PlannedChange
from tieout.desk.redirect import receive
from tieout.desk.sample import Sample, sample, starter
from tieout.desk.story import Moment, Story
from tieout.desk.undo import Undoing
from tieout.host.config import disable, enable
from tieout.host.extras import sandbox
from tieout.host.plugins import Status, installed
from tieout.rules.proof import EVER, Months, TieLine, TieOut, TieRecord
from tieout.rules.questions import Asked
from tieout.rules.report import (
    AtWork,
    Calls,
    ConnectionView,
    Counts,
    Decision,
    FlowView,
    HeldPage,
    HeldRecord,
    HoldGroup,
    PairView,
    PlanView,
    RunReport,
)

__all__ = [
    "EVER",
    "Account",
    "AccountChoice",
    "Answer",
    "App",
    "Asked",
    "AtWork",
    "Backfill",
    "BackfillCount",
    "Calls",
    "ChangePage",
    "Changed",
    "ConfigError",
    "ConnectionView",
    "Consent",
    "Counts",
    "Decision",
    "Desk",
    "Event",
    "Field",
    "FieldDiff",
    "Finding",
    "FlowView",
    "Forecast",
    "Form",
    "HeldPage",
    "HeldRecord",
    "HoldGroup",
    "Kept",
    "Moment",
    "Months",
    "Option",
    "PairView",
    "PastRun",
    "PlanView",
    "PlannedChange",
    "Problem",
    "Proposal",
    "ReauthNeeded",
    "Reference",
    "Refused",
    "RunPage",
    "RunReport",
    "Runtime",
    "Sample",
    "Status",
    "Story",
    "Tenant",
    "TieLine",
    "TieOut",
    "TieRecord",
    "TieoutError",
    "Undoing",
    "Wanted",
    "answer",
    "disable",
    "enable",
    "installed",
    "receive",
    "sample",
    "sandbox",
    "starter",
]
