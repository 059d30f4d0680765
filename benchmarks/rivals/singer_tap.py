"""A Singer tap made with Meltano's SDK: the streams of customers and of invoices."""

from singer_sdk import Tap
from singer_sdk import typing as th
from singer_sdk.pagination import BaseOffsetPaginator
from singer_sdk.streams import RESTStream

PAGE = 250


def texts(*names):
    """Return properties that are texts."""
    return [th.Property(name, th.StringType) for name in names]


LINE = th.ObjectType(
    *texts("note", "unitPrice", "taxName", "amount"),
    th.Property("quantity", th.NumberType),
    th.Property("taxRate", th.IntegerType),
)
ADDRESS = th.ObjectType(*texts("addressLine1", "city", "state", "zipCode", "countryCode"))


class Offsets(BaseOffsetPaginator):
    """Pages by offset until the count of all records is reached."""

    def has_more(self, response):
        """Return whether a page follows."""
        return self.current_value + self._page_size < response.json()["countOfRecords"]


class App(RESTStream):
    """The records of one app."""

    records_jsonpath = "$.data[*]"

    @property
    def url_base(self):
        """Return the address of the system."""
        return self.config["base"]

    def get_new_paginator(self):
        """Return what leads from page to page."""
        return Offsets(start_value=0, page_size=PAGE)

    def get_url_params(self, context, next_page_token):
        """Return the parameters of a page."""
        page = {"startIndex": next_page_token or 0, "numRecords": PAGE}
        return {"a": "getAll", "apiKey": "none", "accessKey": "none", **page}


class Customers(App):
    """The customers."""

    name, path, primary_keys = "customers", "/app/dao/v6/customers", ("customerId",)
    schema = th.PropertiesList(
        th.Property("customerId", th.IntegerType),
        *texts("customerName", "currencyCode"),
        th.Property("addresses", th.ArrayType(ADDRESS)),
        th.Property("emailAddresses", th.ArrayType(th.ObjectType(*texts("emailAddress")))),
    ).to_dict()


class Invoices(App):
    """The invoices."""

    name, path, primary_keys = "invoices", "/app/dao/v6/invoice", ("invoiceId",)
    schema = th.PropertiesList(
        th.Property("invoiceId", th.IntegerType),
        th.Property("customerId", th.IntegerType),
        *texts(
            "invoiceNumber", "statusName", "invoiceDate", "dueDate", "currencyCode", "poNumber", "subTotal", "total"
        ),
        th.Property("lines", th.ArrayType(LINE)),
    ).to_dict()


class TapApptivo(Tap):
    """The tap."""

    name = "tap-apptivo-benchmark"
    config_jsonschema = th.PropertiesList(th.Property("base", th.StringType, required=True)).to_dict()

    def discover_streams(self):
        """Return the streams in their order."""
        return [Customers(self), Invoices(self)]


if __name__ == "__main__":
    TapApptivo.cli()
