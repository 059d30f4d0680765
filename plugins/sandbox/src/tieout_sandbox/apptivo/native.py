"""The traces that Apptivo's own connection with Xero leaves on a record.

Source: docs/facts/apptivo.md, "Traces of the native connection".
"""

from datetime import datetime, timedelta, timezone
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from tieout_sandbox.apptivo.config import custom_attribute
from tieout_sandbox.apptivo.dates import Pattern
from tieout_sandbox.apptivo.layout import App, Layout

_WRITTEN = Pattern("MM/dd/yyyy")
"""How a custom attribute holds a date, whatever the firm's own form."""

_AGO = timedelta(minutes=5)


def marked(record: dict[str, Any], app: App, layout: Layout, now: datetime) -> dict[str, Any]:
    """A record whose native fields are filled as if it had been sent to Xero a few minutes ago.

    The Xero ID is made from the record's own, so that it is the same at every start; there need be nothing in Xero.
    """
    xero_id = str(uuid5(NAMESPACE_URL, f"native/{app.collection}/{record['id']}"))
    facts = {
        "Sync To Xero": (app.custom["Sync To Xero"].options or ("Yes",))[0] if "Sync To Xero" in app.custom else "",
        "Xero Sync Status": "Synced",
        "Xero Sync Direction": "Apptivo to Xero",
        "Xero Last Synced": _WRITTEN.written((now - _AGO).astimezone(timezone(layout.offset))),
        "Xero ID": xero_id,
        "Xero Link": f"https://go.xero.com/app/{xero_id}",
    }
    ours = {app.custom[role].attribute_id for role in facts if role in app.custom}
    kept = [each for each in record.get("customAttributes") or [] if each.get("customAttributeId") not in ours]
    filled = [custom_attribute(app.custom[role], value) for role, value in facts.items() if role in app.custom]
    return {**record, "customAttributes": [*kept, *filled]}
