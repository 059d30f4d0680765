"""History: notes on a record, which nobody can change or remove afterwards (docs/facts/xero.md, "History")."""

from __future__ import annotations

import hashlib
from urllib.parse import quote

from tieout import Connection, Rejected, Resource

from tieout_xero import wire as xero
from tieout_xero.access import accepted, admitted, refusal
from tieout_xero.listing import headers

_LONGEST = 2_500


def annotate(connection: Connection, resource: Resource, id: str, text: str) -> bool:
    """Add a note of at most 2,500 characters; what is longer is cut. Raises `Rejected` where Xero refuses it.

    The same note on the same record is added once, should it be sent again within the next minutes.
    """
    details = xero.text(text, _LONGEST)
    told = "\x00".join((connection.tenant.id if connection.tenant else "", resource.name, id, details))
    with admitted(connection):
        reply = connection.http.write(
            "PUT",
            f"{connection.settings.api_url}/{resource.name}/{quote(id, safe='')}/History",
            headers={
                **headers(connection),
                "Idempotency-Key": f"tieout-note-{hashlib.sha256(told.encode()).hexdigest()}",
            },
            body={"HistoryRecords": [{"Details": details}]},
        )
    if accepted(connection, reply).status != 200:
        raise Rejected(refusal(reply))
    return True
