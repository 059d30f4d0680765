"""Looking single records up, by id or by a text of theirs.

Sources: docs/facts/apptivo.md, "Actions", "Searches".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tieout import Connection, Key, Resource, Unavailable, Wire

from tieout_apptivo.calls import ask, listing, single
from tieout_apptivo.reading import strategies
from tieout_apptivo.shape import scalars
from tieout_apptivo.shape.fields import at
from tieout_apptivo.shape.profile import Fields


def find(connection: Connection, resource: Resource, keys: Sequence[Key]) -> Mapping[Key, list[Wire]]:
    """The records with each key: by id one call, by another field a search of which only exact matches count."""
    return {
        key: by_id(connection, resource, key.value) if key.field == "id" else _by_text(connection, resource, key)
        for key in keys
    }


def by_id(connection: Connection, resource: Resource, id: str) -> list[Wire]:
    """The record of this id, in use or not; none when Apptivo says that there is none."""
    app = connection.settings.profile.app(resource.name)
    found = ask(connection, app, "getById", {app.id_parameter: id}, single(app))
    if found and scalars.ident(resource.identify(found)) != scalars.ident(id):
        raise Unavailable(
            f"Apptivo answered another record of {resource.name} than the one that was asked for.",
            fix="Run again later; if it goes on, check id-parameter of the app in the profile.",
        )
    return [found] if found else []


def _by_text(connection: Connection, resource: Resource, key: Key) -> list[Wire]:
    """All exact matches of a search, which itself is fuzzy and wants small letters."""
    app = connection.settings.profile.app(resource.name)
    size = connection.settings.page_size
    found: dict[str, Wire] = {}
    start, first = 0, None
    while start < strategies.WINDOW:
        wanted = {"searchText": key.value.lower(), "objectId": app.object_id, "startIndex": start, "numRecords": size}
        rows, total = ask(connection, app, "getAllBySearchText", wanted, listing(resource.name))
        if not rows or resource.identify(rows[0]) == first:
            break
        first = resource.identify(rows[0])
        found |= {resource.identify(row): row for row in rows if _matches(app.fields, row, key)}
        start += len(rows)
        if len(rows) < size and (total is None or start >= total):
            break
    return list(found.values())


def _matches(fields: Fields, row: Wire, key: Key) -> bool:
    paths: tuple[str, ...] = getattr(fields, key.field)
    found = (scalars.text(at(row, path)) for path in paths)
    return next((text for text in found if text), "") == key.value.strip()
