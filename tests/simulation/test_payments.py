"""Payments on: nothing stops the pair, what cannot go waits with its reason, and the books tie out."""

import pytest
from drama import everything_held
from product import PAIR, product
from smallfirm import whole

VOID = {"statusName": "Void", "statusId": 20006}


def paid_invoice():
    """A firm with one paid invoice, its customer and its items."""
    records = whole()
    invoice = next(one for one in records["invoices"] if one["statusName"] == "Paid" and one.get("payments"))
    items = {str(line.get("itemId")) for line in invoice["lines"]}
    return {
        "invoices": [invoice],
        "customers": [one for one in records["customers"] if str(one["customerId"]) == str(invoice["customerId"])],
        "contacts": [one for one in records["contacts"] if str(one["contactId"]) == str(invoice.get("contactId"))],
        "items": [one for one in records["items"] if str(one["itemId"]) in items],
    }


def with_invoice(**values):
    firm = paid_invoice()
    return {**firm, "invoices": [{**firm["invoices"][0], **values}]}


@pytest.mark.parametrize(
    ("values", "cause"),
    [
        (VOID, "parent-skipped"),
        ({"statusName": "Draft", "statusId": 20001}, "parent-skipped"),
        ({"customerId": None, "customerName": "", "contactId": None, "contactName": ""}, "waiting"),
    ],
    ids=["void before its first sync", "still a draft", "held for its missing contact"],
)
def test_a_payment_on_an_invoice_that_does_not_go_waits_for_it(values, cause):
    with product(1, with_invoice(**values)) as made:
        for _ in range(2):
            report = made.sync()
            assert report.state == "done"
            assert report.counts["payments"].planned == 0
        held = [one for one in made.alone(everything_held) if one.entity == "payments"]
        assert held
        assert {one.problems[0].cause for one in held} == {cause}
        assert made.alone(lambda desk: desk.reconcile(PAIR)).ties


def test_a_payment_goes_once_its_invoice_does():
    with product(1, with_invoice(statusName="Draft", statusId=20001)) as made:
        made.sync()
        made.change("invoices", 0, statusName="Paid", statusId=20005)
        made.sync()
        paid = [one for one in made.state("xero")["Payments"] if one["Status"] == "AUTHORISED"]
        assert len(paid) == len(paid_invoice()["invoices"][0]["payments"])
        assert made.alone(lambda desk: desk.reconcile(PAIR)).ties


@pytest.mark.matrix
@pytest.mark.parametrize("firm", ["default", "services"])
def test_a_whole_firm_ties_out_with_payments_on(firm):
    with product(1, firm) as made:
        made.sync()
        tie = made.alone(lambda desk: desk.reconcile(PAIR))
        assert tie.ties, tie.unexplained()
        assert all(line.variance == 0 for line in tie.lines)
        report = made.sync()
        assert sum(counts.planned for counts in report.counts.values()) == 0
