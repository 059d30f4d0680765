"""What a firm's configuration tells."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from tieout.api import codec
from tieout.api.contract import Connection
from tieout.api.errors import ReauthNeeded
from tieout_apptivo.shape import firm

Connect = Callable[..., Connection]


def layout(*attributes: dict[str, Any]) -> str:
    return codec.dumps({"sections": [{"id": "section_1", "attributes": list(attributes)}]}).decode()


def attribute(id: str, label: Any, **more: Any) -> dict[str, Any]:
    return {"attributeId": id, "type": "Custom", "attributeTag": "input", "isEnabled": True, "label": label} | more


def test_the_firm_is_told_by_its_number_and_name(connect: Connect, apptivo: Any) -> None:
    apptivo.config = {"firmId": 90001, "firmName": "Acme 1 Ltd", "dateFormat": "dd/MM/yyyy", "currencyCode": "AUD"}
    check = firm.check(connect())
    assert (check.tenant.id, check.tenant.name, check.notes) == ("90001", "Acme 1 Ltd", ())
    assert check.organisation is not None
    assert check.organisation.currency == "AUD"
    assert [(call["a"], call["objectId"]) for call in apptivo.calls] == [("getConfigData", "3")]


def test_a_firm_without_a_name_is_called_by_its_number(connect: Connect, apptivo: Any) -> None:
    apptivo.config = {"data": {"userConfig": {"firmId": "90001"}}}
    check = firm.check(connect())
    assert (check.tenant.id, check.tenant.name, check.organisation) == ("90001", "Apptivo firm 90001", None)


def test_a_customer_tells_the_number_where_the_configuration_does_not(connect: Connect, apptivo: Any) -> None:
    apptivo.config = {"dateFormat": "MM/dd/yyyy"}
    apptivo.rows["customers"] = [{"id": "1", "firmId": 90001}, {"id": "2", "firmId": 90001}]
    assert firm.check(connect()).tenant.id == "90001"
    assert apptivo.calls[1]["numRecords"] == "1"


def test_else_a_digest_of_the_key_stands_for_it(connect: Connect, apptivo: Any) -> None:
    apptivo.config = {"dateFormat": "MM/dd/yyyy"}
    expected = hashlib.sha256(b"api-key-of-the-tests").hexdigest()[:8]
    assert firm.check(connect()).tenant.id == expected == firm.check(connect()).tenant.id


def test_wrong_keys_are_said_so(connect: Connect, apptivo: Any) -> None:
    apptivo.said = [{"status": "FAILURE", "reason": "Invalid Key"}]
    with pytest.raises(ReauthNeeded, match="Business Settings"):
        firm.check(connect())


def test_the_date_format_is_remembered(connect: Connect, apptivo: Any) -> None:
    apptivo.config = {"firmId": 1, "dateFormat": "dd/MM/yyyy"}
    connection = connect()
    firm.check(connection)
    assert connection.memory["date-format"] == "dd/MM/yyyy"


def test_a_firm_that_does_not_tell_its_date_format_is_noted(connect: Connect, apptivo: Any) -> None:
    apptivo.config = {"firmId": 1}
    [note] = firm.check(connect()).notes
    assert "profile.date-format" in note
    assert firm.check(connect(profile={"date-format": "dd/MM/yyyy"})).notes == ()


def test_the_labels_of_custom_attributes_are_remembered_by_app(connect: Connect, apptivo: Any) -> None:
    label = {"originalLabel": "Text", "modifiedLabel": "Sync-To  Xero"}
    apptivo.config = {"webLayout": layout(attribute("input_1", label))}
    connection = connect()
    firm.learn(connection, "invoices")
    assert connection.memory["labels:invoices"] == {"synctoxero": "input_1"}
    assert apptivo.calls[0]["objectId"] == "33"


def test_a_memory_that_is_right_already_is_not_written_again(connect: Connect, apptivo: Any) -> None:
    class Watched(dict[str, Any]):
        def __setitem__(self, key: str, value: Any) -> None:
            writes.append(key)
            super().__setitem__(key, value)

    writes: list[str] = []
    apptivo.config = {"dateFormat": "dd/MM/yyyy", "webLayout": layout(attribute("input_1", "ABN"))}
    settings = connect()
    connection = Connection("crm", "apptivo", settings.settings, settings.http, settings.clock, Watched())
    firm.learn(connection, "customers")
    assert {"date-format", "labels:customers"} <= set(writes)
    writes.clear()
    firm.learn(connection, "customers")
    assert writes == []


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (layout(attribute("a", {"modifiedLabel": "ABN"})), {"abn": "a"}),
        (layout(attribute("a", {"modifiedLabel": "", "originalLabel": "ABN"})), {"abn": "a"}),
        (layout(attribute("a", '{"modifiedLabel": "ABN"}')), {"abn": "a"}),
        (layout(attribute("a", "ABN")), {"abn": "a"}),
        ({"sections": [{"attributes": [attribute("a", "ABN")]}]}, {"abn": "a"}),
        (layout(attribute("a", "ABN"), attribute("b", "abn")), {"abn": "a"}),
        (layout(attribute("a", "ABN", isEnabled=False)), {}),
        (layout(attribute("a", "ABN", attributeTag="placeholder")), {}),
        (layout(attribute("a", "ABN", attributeTag=None, right=[{"tag": "spacer"}])), {}),
        (layout(attribute("", "ABN"), attribute("b", None)), {}),
        ("{not json", {}),
        ("", {}),
        (None, {}),
        ({"sections": "none"}, {}),
    ],
)
def test_the_layout_is_decoded_twice_and_tolerantly(written: Any, expected: dict[str, str]) -> None:
    assert firm.labels({"webLayout": written}) == expected


def test_a_layout_and_its_labels_are_encoded_twice(connect: Connect, apptivo: Any) -> None:
    label = codec.dumps({"modifiedLabel": "Xero ID"}).decode()
    entry = {"attributeId": "input_1", "type": "Custom", "label": label, "right": [{"tag": "input", "tagName": "t"}]}
    apptivo.config = {"webLayout": codec.dumps({"sections": [{"attributes": [entry]}]}).decode()}
    connection = connect()
    firm.learn(connection, "items")
    assert connection.memory["labels:items"] == {"xeroid": "input_1"}
    apptivo.config = {"webLayout": "{not json"}
    firm.learn(connection, "items")
    assert connection.memory["labels:items"] == {}
