"""The answer of `getConfigData`: the firm's settings, its statuses and the layout of an app.

Source: docs/facts/apptivo.md, "Configuration and layout".
"""

from collections.abc import Iterable
from typing import Any

from tieout_sandbox import codec
from tieout_sandbox.apptivo.folder import Firm
from tieout_sandbox.apptivo.layout import App, Custom, Field, Layout

Record = dict[str, Any]

FIRM_ID = 90001
_ADDRESS = ("addressLine1", "addressLine2", "city", "county", "state", "zipCode", "countryName")


def config_data(firm: Firm, app: App) -> Record:
    """What `getConfigData` answers for one app; parts given by the firm take the place of the usual ones.

    `webLayout` is JSON inside the JSON; a firm may give it as text or as an object.
    """
    layout = firm.layout
    statuses = [
        {"statusId": status.number, "statusName": status.name, "isEnabled": "Y"} for status in app.statuses.values()
    ]
    config: Record = {
        "firmId": FIRM_ID,
        "objectId": app.object_id,
        "accessLevel": "FULL",
        "dateFormat": layout.date_form.text,
        "currencyCode": layout.currency,
        "currencySymbolType": "SYMBOL",
        "isMultiCurrency": "Y" if len(layout.currencies) > 1 else "N",
        "currencies": list(layout.currencies),
        "statuses": statuses,
        app.status_list: statuses,
        "paymentTerms": [{"paymentTermId": number, "paymentTermCode": name} for number, name in layout.payment_terms],
        "addressTypes": [_type("1", "Billing Address"), _type("2", "Shipping Address")],
        "emailTypes": [_type("BUSINESS", "Business"), _type("HOME", "Home")],
        "phoneTypes": [_type("PHONE_BUSINESS", "Business"), _type("PHONE_MOBILE", "Mobile")],
        "leadSources": [],
        "types": [],
        "viewSettings": [{"viewCode": code, "viewName": view.name} for code, view in app.views.items()],
        "configVersionNumber": 7,
        "versionNumber": "6.0",
        "webLayout": _layout(layout, app),
    }
    config |= {**firm.config, **firm.app_configs.get(app.collection, {})}
    if not isinstance(config["webLayout"], str):
        config["webLayout"] = codec.dumps(config["webLayout"])
    return config


def custom_attribute(custom: Custom, value: str) -> Record:
    """A record's value for a custom attribute, as it is on the wire; a date is MM/dd/yyyy.

    Source: docs/facts/apptivo.md, "Custom attributes".
    """
    attribute: Record = {
        "customAttributeId": custom.attribute_id,
        "customAttributeType": custom.kind,
        "customAttributeName": custom.tag_name,
        "customAttributeTagName": custom.tag_name,
        "customAttributeValue": value,
        "fieldType": "NUMBER",
    }
    if custom.kind == "date" and value:
        attribute["dateValue"] = f"{value[6:]}-{value[:2]}-{value[3:5]} 00:00:00"
    if value in custom.options:
        attribute["customAttributeValueId"] = f"VALUE_{custom.options.index(value) + 1}"
    return attribute


def _layout(layout: Layout, app: App) -> Record:
    standard = [_standard(layout, field) for field in app.fields.values()]
    custom = [_custom(layout, each) for each in app.custom.values()]
    sections = [_section("section_1", f"{app.single.capitalize()} Information", [*standard, *custom, _SPACER])]
    for table in app.tables.values():
        columns = [_standard(layout, field, note=role == "note") for role, field in table.fields.items()]
        sections.append(_section(table.key, table.label, columns))
    return {"sections": sections}


_SPACER: Record = {"attributeId": "spacer_1", "type": "Standard", "attributeTag": "spacer", "isEnabled": True}


def _section(name: str, label: str, attributes: Iterable[Record]) -> Record:
    return {"id": name, "label": label, "attributes": list(attributes)}


def _standard(layout: Layout, field: Field, *, note: bool = False) -> Record:
    attribute: Record = {
        "attributeId": f"{field.key}_attr",
        "type": "Standard",
        "tagName": field.key,
        "attributeTag": field.kind,
        "isEnabled": True,
        "label": _label(layout, field.label),
        "right": [{"tag": field.kind, "tagName": field.key}],
    }
    if field.kind == "address":
        attribute["addressGroupName"] = "Address1"
        attribute["addressList"] = [{"label": _label(layout, part), "tagName": part} for part in _ADDRESS]
    if note:
        attribute["isRowNote"] = True
    return attribute


def _custom(layout: Layout, custom: Custom) -> Record:
    right: Record = {"tag": custom.kind, "tagName": custom.tag_name, "tagId": custom.tag_id}
    if custom.options:
        right["options"] = list(custom.options)
        right["optionValueList"] = [
            {"optionId": f"VALUE_{number}", "optionObject": option} for number, option in enumerate(custom.options, 1)
        ]
    return {
        "attributeId": custom.attribute_id,
        "type": "Custom",
        "attributeTag": custom.kind,
        "isEnabled": True,
        "label": _label(layout, custom.label),
        "right": [right],
    }


def _label(layout: Layout, text: str) -> Any:
    """A label; in some firms it is JSON once more."""
    label = {"originalLabel": text, "modifiedLabel": text}
    return codec.dumps(label) if layout.label_form == "text" else label


def _type(code: str, name: str) -> Record:
    return {"id": code, "code": code, "name": name, "isEnabled": True}
