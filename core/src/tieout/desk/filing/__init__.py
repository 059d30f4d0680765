"""Filing a tie-out: the trail of every record for a spreadsheet, and the report that an accountant keeps."""

from tieout.desk.filing.page import page, states, summary, write_report
from tieout.desk.filing.trail import trail
from tieout.host.paper import ready

__all__ = ["page", "ready", "states", "summary", "trail", "write_report"]
