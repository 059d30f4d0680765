"""Reading lists page by page, one call for each page.

A pass is a sweep of everything (`sweeping`) or a look at what has changed (`changes`); a cursor says where it stands.
"""

from __future__ import annotations

from tieout import Connection, Cursor, Page, Resource

from tieout_apptivo.reading import changes, sweeping
from tieout_apptivo.reading.place import opened
from tieout_apptivo.reading.turns import Turn

_LEGS = {
    "top": sweeping.top,
    "oldest": sweeping.oldest,
    "youngest": sweeping.youngest,
    "days": sweeping.days,
    "proof": sweeping.proof,
    "changed": changes.changed,
    "layout": sweeping.layout,
}


def fetch(connection: Connection, resource: Resource, cursor: Cursor | None) -> Page:
    """One page of a resource, read in one call; the last one of a sweep reads the app's configuration instead.

    A record is reported as deleted when two sweeps have missed it and a look-up does not find it. Raises `Unavailable`
    where records that existed before are not listed any more, or where there are more than can be reached.
    """
    place = opened(cursor)
    return _LEGS[place.leg](Turn(connection, resource, place))
