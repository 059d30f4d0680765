"""The apps of a firm: how each one is addressed and how it answers (facts/apptivo.md 2.1, 2.4, 5 and 6.1)."""

from dataclasses import dataclass
from typing import Literal

Envelope = Literal["top", "data", "responseObject", "named"]
Statuses = tuple[tuple[int, str], ...]

ACTIVE: Statuses = ((10000, "Active"), (10001, "Inactive"))
INVOICE: Statuses = (
    (20001, "Draft"),
    (20002, "Sent"),
    (20003, "Viewed"),
    (20004, "Partially Paid"),
    (20005, "Paid"),
    (20006, "Void"),
)
PURCHASE_ORDER: Statuses = ((21001, "Draft"), (21002, "Sent"), (21003, "Received"), (21004, "Cancelled"))
SUPPLIER_INVOICE: Statuses = (
    (22001, "Created"),
    (22002, "Sent"),
    (22003, "Partially Paid"),
    (22004, "Paid"),
    (22005, "Void"),
)


@dataclass(frozen=True, slots=True)
class App:
    """One app: `collection` names its file and its place in the state, `url` is its name in the path.

    `single` is the word for one record (`customer`), from which its parameters are made. `envelope` is the shape around
    one record, `lists` the parameter that names the attributes of an update, `number` the field that people call it by.
    """

    collection: str
    url: str
    single: str
    object_id: int
    number: str
    name: str
    envelope: Envelope
    lists: Literal["attributeName", "attributeNames"] = "attributeNames"
    data: str = ""
    statuses: Statuses = ACTIVE
    status_list: str = "statuses"
    prefix: str = ""
    answers_update_with_id: bool = False

    @property
    def id_field(self) -> str:
        """The field and the parameter with the numeric id."""
        return f"{self.single}Id"

    @property
    def data_parameter(self) -> str:
        """The parameter that carries a record as JSON."""
        return self.data or f"{self.single}Data"


APPS = (
    App(
        "customers",
        "customers",
        "customer",
        3,
        "customerNumber",
        "customerName",
        "named",
        "attributeName",
        status_list="customerStatusList",
        prefix="CUS-",
    ),
    App("contacts", "contacts", "contact", 2, "contactNumber", "fullName", "top", prefix="CON-"),
    App("suppliers", "suppliers", "supplier", 37, "supplierNumber", "supplierName", "data", prefix="SUP-"),
    App("items", "items", "item", 13, "itemCode", "itemName", "top", "attributeName"),
    App(
        "invoices",
        "invoice",
        "invoice",
        33,
        "invoiceNumber",
        "customerName",
        "responseObject",
        statuses=INVOICE,
        prefix="INV-",
    ),
    # The object ids of the next two are published nowhere; these are the sandbox's own.
    App(
        "purchase-orders",
        "purchaseorders",
        "purchaseOrder",
        160,
        "purchaseOrderNumber",
        "supplierName",
        "responseObject",
        statuses=PURCHASE_ORDER,
        prefix="PO-",
        answers_update_with_id=True,
    ),
    App(
        "supplier-invoices",
        "supplierinvoices",
        "supplierInvoice",
        161,
        "supplierInvoiceNumber",
        "supplierName",
        "data",
        statuses=SUPPLIER_INVOICE,
        prefix="SI-",
    ),
    App("estimates", "estimates", "estimate", 155, "estimateNumber", "customerName", "data", prefix="EST-"),
    App("orders", "orders", "order", 12, "orderNumber", "customerName", "data", prefix="SO-"),
    App("employees", "employees", "employee", 8, "employeeNumber", "fullName", "data", prefix="EMP-"),
    App("leads", "leads", "lead", 4, "leadNumber", "fullName", "top", prefix="LEAD-"),
    App("opportunities", "opportunities", "opportunity", 11, "opportunityNumber", "opportunityName", "data"),
    App("cases", "cases", "case", 59, "caseNumber", "caseSummary", "named", "attributeName", prefix="CASE-"),
    App("projects", "projects", "project", 88, "projectNumber", "projectName", "data", data="projectInformation"),
)

USUAL = (
    "customers",
    "contacts",
    "suppliers",
    "items",
    "invoices",
    "supplier-invoices",
    "purchase-orders",
)
"""The collections that every firm is shown with, also when they are empty."""

BY_URL = {app.url: app for app in APPS}
BY_COLLECTION = {app.collection: app for app in APPS}


def named(word: str) -> App:
    """The app of a collection, a file or a path. Raises `LookupError` with the known names."""
    app = BY_COLLECTION.get(word) or BY_URL.get(word)
    if app is None:
        raise LookupError(f"no app {word!r}; known are {', '.join(BY_COLLECTION)}")
    return app
