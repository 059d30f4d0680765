"""The answer of `getConfigData`: the firm's settings, statuses and the layout of an app (facts/apptivo.md 2.7)."""

from typing import Any

from tieout_sandbox import codec
from tieout_sandbox.apptivo.apps import App
from tieout_sandbox.apptivo.folder import Firm
from tieout_sandbox.apptivo.world import FIRM_ID, Record

DATE_FORMAT = "dd/MM/yyyy"
SYNC_LABEL = "Sync To Xero"
ABN_LABEL = "ABN"
CURRENCIES = ["AUD", "NZD", "USD", "EUR", "GBP", "JPY"]
PAYMENT_TERMS = ((30000, "Due on receipt"), (30001, "Net 7"), (30002, "Net 14"), (30003, "Net 30"), (30004, "Net 60"))

_LABELS = {
    "customers": ("Customer Name", "Customer Number", "Customer Category", "Currency", "Payment Term", "Website"),
    "contacts": ("First Name", "Last Name", "Job Title", "Customer", "Primary Contact"),
    "suppliers": ("Supplier Name", "Supplier Number", "Currency", "Payment Term", "Website"),
    "items": ("Item Name", "Item Code", "Description", "List Price", "Selling Price", "Cost", "Inventory Item"),
    "invoices": ("Invoice Number", "Customer", "Contact", "Invoice Date", "Due Date", "Currency", "Total"),
    "purchase-orders": ("Purchase Order Number", "Supplier", "Order Date", "Delivery Date", "Currency", "Total"),
    "supplier-invoices": ("Supplier Invoice Number", "Supplier", "Invoice Date", "Due Date", "Currency", "Total"),
}
_TAGS = {
    "Currency": "currencyCode",
    "Payment Term": "paymentTerm",
    "Primary Contact": "isPrimary",
    "List Price": "suggestedPrice",
    "Selling Price": "itemPrice",
    "Cost": "itemCost",
    "Inventory Item": "isInventoryItem",
}
_TAGS_BY_APP = {
    "contacts": {"Customer": "accountName"},
    "invoices": {"Customer": "customerName", "Contact": "contactName"},
    "purchase-orders": {"Supplier": "supplierName"},
    "supplier-invoices": {"Supplier": "supplierName"},
}
_CUSTOM = {
    "customers": ((ABN_LABEL, ()),),
    "invoices": ((SYNC_LABEL, ("Customer", "Contact")),),
    "purchase-orders": ((SYNC_LABEL, ("Customer", "Contact")),),
    "supplier-invoices": ((SYNC_LABEL, ("Customer", "Contact")),),
}
_LINES = (
    ("Item", "itemName"),
    ("Item Code", "itemCode"),
    ("Note", "note"),
    ("Quantity", "quantity"),
    ("Price", "unitPrice"),
    ("Tax", "taxName"),
    ("Account", "accountCode"),
    ("Amount", "amount"),
)
_SERVICES = (
    ("Task Name", "taskName"),
    ("Note", "note"),
    ("Hours", "hours"),
    ("Rate", "rate"),
    ("Tax", "taxName"),
    ("Amount", "amount"),
)


def config_data(firm: Firm, app: App) -> Record:
    """What `getConfigData` answers for one app; parts given by the firm take the place of the usual ones.

    `webLayout` is JSON inside the JSON; a firm may give it as text or as an object.
    """
    statuses = [{"statusId": number, "statusName": name, "isEnabled": "Y"} for number, name in app.statuses]
    config: Record = {
        "firmId": FIRM_ID,
        "objectId": app.object_id,
        "accessLevel": "FULL",
        "dateFormat": DATE_FORMAT,
        "currencyCode": "AUD",
        "currencySymbolType": "SYMBOL",
        "isMultiCurrency": "Y",
        "currencies": CURRENCIES,
        "statuses": statuses,
        app.status_list: statuses,
        "paymentTerms": [{"paymentTermId": number, "paymentTermCode": name} for number, name in PAYMENT_TERMS],
        "addressTypes": [_type("1", "Billing Address"), _type("2", "Shipping Address")],
        "emailTypes": [_type("BUSINESS", "Business"), _type("HOME", "Home")],
        "phoneTypes": [_type("PHONE_BUSINESS", "Business"), _type("PHONE_MOBILE", "Mobile")],
        "leadSources": [],
        "types": [],
        "configVersionNumber": 7,
        "versionNumber": "6.0",
        "webLayout": _layout(app),
    }
    config |= firm.config | firm.app_configs.get(app.collection, {})
    if not isinstance(config["webLayout"], str):
        config["webLayout"] = codec.dumps(config["webLayout"])
    return config


def custom_attribute(app: App, label: str, value: str) -> Record:
    """A record's value for one of the usual custom attributes, as it is on the wire (facts/apptivo.md 3.6)."""
    place, options = next(
        (place, options) for place, (each, options) in enumerate(_CUSTOM[app.collection], 1) if each == label
    )
    tag = _tag(app, place, options)
    attribute: Record = {
        "customAttributeId": f"{tag}_1",
        "customAttributeType": tag.split("_")[0],
        "customAttributeName": f"{tag}_2",
        "customAttributeTagName": f"{tag}_2",
        "customAttributeValue": value,
        "fieldType": "NUMBER",
    }
    if options:
        attribute["customAttributeValueId"] = f"VALUE_{options.index(value) + 1}"
    return attribute


def _layout(app: App) -> Record:
    labels = _LABELS.get(app.collection, ())
    tags = _TAGS | _TAGS_BY_APP.get(app.collection, {})
    attributes = [_standard(label, tags.get(label, _camel(label))) for label in labels]
    custom = [
        _custom(app, place, label, options) for place, (label, options) in enumerate(_CUSTOM.get(app.collection, ()), 1)
    ]
    sections = [_section("section_1", f"{app.single.capitalize()} Information", [*attributes, *custom])]
    if app.collection in ("invoices", "purchase-orders", "supplier-invoices"):
        sections += [
            _section("lines", "Products/Items", [_standard(label, tag) for label, tag in _LINES]),
            _section("serviceLines", "Services provided", [_standard(label, tag) for label, tag in _SERVICES]),
        ]
    return {"sections": sections}


def _section(name: str, label: str, attributes: list[Record]) -> Record:
    return {"id": name, "label": label, "attributes": attributes}


def _standard(label: str, tag: str) -> Record:
    return {
        "attributeId": f"{tag}_attr",
        "type": "Standard",
        "tagName": tag,
        "attributeTag": "input",
        "isEnabled": True,
        "label": {"originalLabel": label, "modifiedLabel": label},
        "right": [{"tag": "input", "tagName": tag}],
    }


def _custom(app: App, place: int, label: str, options: tuple[str, ...]) -> Record:
    tag = _tag(app, place, options)
    right: Record = {"tag": tag.split("_")[0], "tagName": f"{tag}_2", "tagId": f"{tag}_3"}
    if options:
        right["options"] = list(options)
        right["optionValueList"] = [
            {"optionId": f"VALUE_{number}", "optionObject": option} for number, option in enumerate(options, 1)
        ]
    return {
        "attributeId": f"{tag}_1",
        "type": "Custom",
        "attributeTag": tag.split("_")[0],
        "isEnabled": True,
        "label": {"originalLabel": label, "modifiedLabel": label},
        "right": [right],
    }


def _tag(app: App, place: int, options: tuple[str, ...]) -> str:
    return f"{'select' if options else 'input'}_{1600000000000 + 1000 * app.object_id + place}"


def _type(code: str, name: str) -> dict[str, Any]:
    return {"id": code, "code": code, "name": name, "isEnabled": True}


def _camel(label: str) -> str:
    first, *rest = label.split()
    return first.lower() + "".join(rest)
