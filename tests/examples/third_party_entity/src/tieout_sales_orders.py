"""Sales orders of Apptivo as draft invoices of Xero, in a range of numbers of their own."""

from tieout import Binding, Document, Entity, Settings, hookimpl


class SalesOrderSettings(Settings):
    number_prefix: str = "ORDER-"


def prepare(order: Document, settings: SalesOrderSettings) -> Document:
    return order.model_copy(update={"number": f"{settings.number_prefix}{order.number}", "party": order.customer})


def skip(order: Document, settings: SalesOrderSettings) -> str | None:
    return None if order.standing == "live" and order.customer else "It is not in force, or names no customer."


@hookimpl
def entities():
    kind = {"name": "sales-orders", "title": "Sales orders", "letter": "SO", "model": Document, "key": ("number",)}
    rules = {"after": ("customers",), "follows": ("party",), "ties": ("total", "tax"), "skip": skip, "prepare": prepare}
    yield Entity(**kind, **rules, settings=SalesOrderSettings)


@hookimpl
def bindings():
    yield Binding(entity="sales-orders", connector="apptivo", resource="orders")
    yield Binding(entity="sales-orders", connector="xero", resource="Invoices", constants={"Type": "ACCREC"})
