"""The operations on the records of one app (docs/facts/apptivo.md, "Actions")."""

import re
from typing import Any

from tieout_sandbox.apptivo import reading, writing
from tieout_sandbox.apptivo.config import config_data
from tieout_sandbox.apptivo.layout import App
from tieout_sandbox.apptivo.world import ApptivoWorld, Record
from tieout_sandbox.apptivo.writing import Refused

_OLD_VERB = re.compile(r"(?P<verb>getAll|create|update|delete|get)(?P<object>[A-Z]\w*?)(?P<rest>By\w+)?")
_DEFAULT_ROWS = 50


class Calls:
    """The operations over one world."""

    def __init__(self, world: ApptivoWorld) -> None:
        self.world = world

    def answer(self, app: App, params: dict[str, str]) -> Any:
        """The JSON answer to one call with valid keys.

        Raises `Refused` for what Apptivo answers with FAILURE.
        """
        action, old = _modern(app, params.get("a", ""))
        match action:
            case "getConfigData":
                _of(app, params, params.get("objectId", ""))
                return config_data(self.world.firm, app)
            case "getAll" | "getAllBySearchText" | "getAllByAdvancedSearch":
                listed = self.listed(app, action, params)
                return _old_list(app, listed) if old else listed
            case "getCustomerContacts":
                return self._contacts(params)
            case "addContact":
                return _single(app, self._add_contacts(app, params))
            case "getById":
                return _single(app, writing.found(self.world, app, params))
            case "save":
                return _single(app, writing.save(self.world, app, params))
            case "update":
                record = writing.update(self.world, app, params)
                return {"id": record["id"]} if app.update_answer == "id" else _single(app, record)
            case "delete":
                self.world.delete(app, writing.found(self.world, app, params))
                return {"status": "SUCCESS"}
        raise Refused(f"Invalid method: {params.get('a', '')}")

    def listed(self, app: App, action: str, params: dict[str, str]) -> Record:
        """One page of the records that a list, a search or a saved view finds."""
        _of(app, params, params.get("objectId") or str(app.object_id))
        status = params.get("objectStatus") or params.get("status", "")
        rows = reading.with_status(self.world.listed(app), status)
        match action:
            case "getAllBySearchText":
                rows = reading.with_text(rows, params.get("searchText", ""))
            case "getAllByAdvancedSearch":
                wanted = writing.json_parameter(params, "searchData") or {}
                choices = writing.json_parameter(params, "multiSelectData") or {}
                rows = reading.with_values(rows, wanted, choices, self.world.stamps)
            case "getAllByCustomView":
                view = app.views.get(params.get("viewCode", ""))
                if view is None:
                    raise Refused(f"No view {params.get('viewCode', '')!r} was found")
                rows = reading.in_view(rows, view, app, self.world.clock.now(), self.world.stamps)
        return self._page(rows, params)

    def _contacts(self, params: dict[str, str]) -> Record:
        app = self.world.layout.app("contacts")
        key = app.key("accountId")
        return self._page(
            [row for row in self.world.listed(app) if str(row.get(key)) == params.get("customerId")], params
        )

    def _add_contacts(self, app: App, params: dict[str, str]) -> Record:
        """Link contacts with a customer, which is then the one that they belong to."""
        customer = writing.found(self.world, app, params)
        contacts = self.world.layout.app("contacts")
        given = writing.json_parameter(params, "contactIds")
        linked = {
            contacts.key("accountId"): customer[app.id_field],
            contacts.key("accountName"): customer[app.key(app.name)],
        }
        for contact_id in given if isinstance(given, list) else [given]:
            contact = writing.found(self.world, contacts, {contacts.id_field: str(contact_id)})
            self.world.change(contacts, contact, linked, params.get("userName") or writing.API_USER)
        return customer

    def _page(self, rows: list[Record], params: dict[str, str]) -> Record:
        direction = params.get("sortDir") or params.get("sSortDir_0") or "asc"
        rows = reading.ordered(rows, params.get("sortColumn", ""), direction, self.world.stamps)
        start = writing.number_parameter(params, ("startIndex", "iDisplayStart"), 0)
        size = writing.number_parameter(params, ("numRecords", "iDisplayLength"), _DEFAULT_ROWS)
        return reading.page(rows, start, size, self.world.firm.behaviour)


def _of(app: App, params: dict[str, str], object_id: str) -> None:
    """Refuse the objectId of another app."""
    if object_id != str(app.object_id):
        raise Refused(f"objectId {params.get('objectId', '')!r} does not belong to {app.url}")


def _modern(app: App, action: str) -> tuple[str, bool]:
    """The v6 name of an operation, and whether it was asked for by its older, per-object name."""
    old = _OLD_VERB.fullmatch(action)
    if old is None or old["object"].casefold() not in (app.single.casefold(), app.url.casefold()):
        return action, False
    verb = "save" if old["verb"] == "create" else old["verb"]
    return verb + (old["rest"] or ""), True


def _single(app: App, record: Record) -> Record:
    return {app.envelope: record} if app.envelope else record


def _old_list(app: App, listed: Record) -> Record:
    """The older generations put the rows under the name of the app (docs/facts/apptivo.md, "Envelopes")."""
    return {app.url if key == "data" else key: value for key, value in listed.items()}
