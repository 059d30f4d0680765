"""The conformance kit, run over sales orders."""

from datetime import date
from decimal import Decimal
from typing import ClassVar

from tieout import Document, Line, Ref
from tieout.testing import EntitySuite

import tieout_sales_orders

CUSTOMER = Ref(entity="customers", id="1", name="Acme")
LINE = Line(description="Bolts", price=Decimal("23.00"), amount=Decimal("23.00"))


def order(**fields):
    given = {
        "number": "77",
        "date": date(2026, 7, 1),
        "total": Decimal("23.00"),
        "lines": (LINE,),
        "customer": CUSTOMER,
    }
    return Document(**{**given, **fields})


class TestSalesOrders(EntitySuite):
    plugin = tieout_sales_orders
    settings: ClassVar = {"number-prefix": "SO-"}
    good = (order(),)
    skipped = (order(standing="draft"), order(standing="void"), order(customer=None))


def test_the_prefix_stands_before_the_number():
    settings = tieout_sales_orders.SalesOrderSettings(number_prefix="SO-")
    assert tieout_sales_orders.prepare(order(), settings).number == "SO-77"
