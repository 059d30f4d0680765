"""Xero's own Python client, pointed at the sandbox over HTTP, reads and writes what a business has.

Sources: docs/facts/xero.md and the classes of `xero-python`, which know nothing of the sandbox.
"""

from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tieout_sandbox.clock import Clock
from tieout_sandbox.fake import Fake, Limits, Options
from tieout_sandbox.xero.app import create
from xero_python.accounting import (
    Account,
    AccountingApi,
    Accounts,
    AccountType,
    Allocation,
    Allocations,
    Contact,
    ContactGroup,
    ContactGroups,
    Contacts,
    CreditNote,
    CreditNotes,
    Currency,
    CurrencyCode,
    HistoryRecord,
    HistoryRecords,
    Invoice,
    Invoices,
    Item,
    Items,
    LineItem,
    Payment,
    PaymentDelete,
    Payments,
    Purchase,
    PurchaseOrder,
    PurchaseOrders,
    TaxComponent,
    TaxRate,
    TaxRates,
    TrackingCategory,
    TrackingOption,
)
from xero_python.api_client import ApiClient
from xero_python.api_client.configuration import Configuration
from xero_python.api_client.oauth2 import OAuth2Token
from xero_python.exceptions import AccountingBadRequestException, HTTPStatusException
from xero_python.identity import IdentityApi

TODAY, DUE = date(2026, 11, 3), date(2026, 12, 3)


class Official:
    """The official client with a token of the sandbox; `call` names a method of `AccountingApi`."""

    def __init__(self, fake: Fake) -> None:
        given = fake.credentials
        token = {
            "access_token": given["authorised"]["access-token"],
            "refresh_token": given["authorised"]["refresh-token"],
            "token_type": "Bearer",
            "expires_in": 1800,
            "scope": ["offline_access"],
        }
        oauth = OAuth2Token(client_id=given["client-id"], client_secret=given["client-secret"])
        self.client = ApiClient(Configuration(oauth2_token=oauth), oauth2_token_getter=lambda: token)
        self.client.oauth2_token_saver(lambda _: None)
        self.tenant = given["tenant-id"]
        self.api = AccountingApi(self.client, base_url=given["api-url"])
        self.identity = IdentityApi(self.client, base_url=given["identity-url"])

    def call(self, name: str, *given: Any, **more: Any) -> Any:
        """What a call of the organisation gives."""
        return getattr(self.api, name)(self.tenant, *given, **more)

    def contact(self, name: str) -> Contact:
        """A new contact, as documents name it."""
        made = self.call("create_contacts", Contacts(contacts=[Contact(name=name)])).contacts[0]
        return Contact(contact_id=made.contact_id)

    def invoice(self, name: str, kind: str = "ACCREC", **more: Any) -> Invoice:
        """A new approved document over 2 x 50.00 plus 10 % tax, for a new contact."""
        sale = kind == "ACCREC"
        line = LineItem(
            description="Pump",
            quantity=2,
            unit_amount=50,
            account_code="200" if sale else "300",
            tax_type="OUTPUT" if sale else "INPUT",
        )
        wanted: dict[str, Any] = {"status": "AUTHORISED", "date": TODAY, "due_date": DUE, "line_items": [line], **more}
        invoice = Invoice(type=kind, contact=self.contact(name), **wanted)
        return self.call("create_invoices", Invoices(invoices=[invoice])).invoices[0]


@pytest.fixture(scope="module")
def official(serve: Callable[[Callable[[str], Fake]], Fake]) -> Iterator[Official]:
    client = Official(serve(lambda origin: create(Options(origin, limits=Limits(10_000, 100_000, 5)), Clock())))
    yield client
    client.client.rest_client.pool_manager.clear()


def test_connections_name_the_organisation(official: Official) -> None:
    [connection] = official.identity.get_connections()
    assert (connection.tenant_id, connection.tenant_type) == (official.tenant, "ORGANISATION")
    [organisation] = official.call("get_organisations").organisations
    assert (organisation.name, organisation.base_currency.value) == ("Demo Company (AU)", "AUD")


def test_contacts_are_created_changed_found_and_archived(official: Official) -> None:
    given = Contact(name="Kestrel Pumps", contact_number="K-1", email_address="ap@kestrel.example")
    made = official.call("create_contacts", Contacts(contacts=[given])).contacts[0]
    changed = Contact(contact_id=made.contact_id, first_name="Ann")
    official.call("update_or_create_contacts", Contacts(contacts=[changed]))
    found = official.call("get_contacts", where='Name=="kestrel pumps"', page=1)
    assert [(each.contact_number, each.first_name) for each in found.contacts] == [("K-1", "Ann")]
    assert found.pagination.item_count == 1
    archived = Contact(contact_id=made.contact_id, contact_status="ARCHIVED")
    official.call("update_contact", made.contact_id, Contacts(contacts=[archived]))
    assert official.call("get_contacts", i_ds=[made.contact_id]).contacts == []
    assert official.call("get_contact", made.contact_id).contacts[0].contact_status == "ARCHIVED"


def test_names_that_are_taken_are_refused_with_the_reason(official: Official) -> None:
    official.contact("Taken Ltd")
    with pytest.raises(AccountingBadRequestException) as refused:
        official.contact("TAKEN ltd")
    assert refused.value.http_resp.status == 400
    assert refused.value.reason.startswith("The contact name TAKEN ltd is already assigned to another contact.")


def test_each_record_of_a_batch_is_judged_alone(official: Official) -> None:
    contacts = Contacts(contacts=[Contact(name="Judged Well"), Contact(name="a <b>")])
    good, bad = official.call("create_contacts", contacts, summarize_errors=False).contacts
    assert (good.has_validation_errors, bad.has_validation_errors) == (False, True)
    assert bad.validation_errors[0].message == "The contact name must not contain the characters < or >"


def test_items_keep_four_decimals_and_can_be_deleted(official: Official) -> None:
    sold = Purchase(unit_price=Decimal("1.2345"), account_code="200")
    given = Items(items=[Item(code="PUMP-1", name="Pump", sales_details=sold)])
    made = official.call("create_items", given, unitdp=4).items[0]
    read = official.call("get_item", "PUMP-1", unitdp=4).items[0]
    assert (read.item_id, str(read.sales_details.unit_price), read.sales_details.tax_type) == (
        made.item_id,
        "1.2345",
        "OUTPUT",
    )
    again = Items(items=[Item(code="PUMP-1", name="Pump 2")])
    assert official.call("update_or_create_items", again).items[0].item_id == made.item_id
    official.call("delete_item", made.item_id)
    assert "PUMP-1" not in [each.code for each in official.call("get_items").items]


def test_invoices_are_created_computed_read_and_changed(official: Official) -> None:
    made = official.invoice("Invoiced Ltd", invoice_number="OC-1")
    assert (made.sub_total, made.total_tax, made.total, made.amount_due) == (100, 10, 110, 110)
    assert (made.date, made.due_date, made.status) == (TODAY, DUE, "AUTHORISED")
    change = Invoice(invoice_id=made.invoice_id, reference="PO 7")
    official.call("update_invoice", made.invoice_id, Invoices(invoices=[change]))
    [read] = official.call("get_invoices", invoice_numbers=["OC-1"], page=1).invoices
    assert (read.reference, read.line_items[0].account_code, read.line_items[0].tax_amount) == ("PO 7", "200", 10)
    assert read.updated_date_utc > made.updated_date_utc
    assert official.call("get_invoices", if_modified_since=read.updated_date_utc, statuses=["DRAFT"]).invoices == []


def test_bills_are_created_and_voided(official: Official) -> None:
    made = official.invoice("Supplier Ltd", "ACCPAY", invoice_number="B-77")
    assert (made.type, made.invoice_number, made.amount_due) == ("ACCPAY", "B-77", 110)
    voided = Invoice(invoice_id=made.invoice_id, status="VOIDED")
    official.call("update_or_create_invoices", Invoices(invoices=[voided]))
    assert official.call("get_invoice", made.invoice_id).invoices[0].status == "VOIDED"


def test_purchase_orders_are_created_approved_and_found_by_number(official: Official) -> None:
    line = LineItem(description="Valve", quantity=3, unit_amount=10, account_code="300", tax_type="INPUT")
    order = PurchaseOrder(contact=official.contact("Order Ltd"), purchase_order_number="OC-PO", line_items=[line])
    made = official.call("create_purchase_orders", PurchaseOrders(purchase_orders=[order])).purchase_orders[0]
    assert (made.status, made.total) == ("DRAFT", 33)
    approved = PurchaseOrders(purchase_orders=[PurchaseOrder(status="AUTHORISED")])
    official.call("update_purchase_order", made.purchase_order_id, approved)
    read = official.call("get_purchase_order_by_number", "OC-PO").purchase_orders[0]
    assert (read.purchase_order_id, read.status) == (made.purchase_order_id, "AUTHORISED")
    listed = official.call("get_purchase_orders", status="AUTHORISED").purchase_orders
    assert [each.purchase_order_number for each in listed] == ["OC-PO"]


def test_payments_pay_an_invoice_and_are_taken_back(official: Official) -> None:
    invoice = official.invoice("Payer Ltd")
    bank = next(each for each in official.call("get_accounts").accounts if each.type == AccountType.BANK)
    given = Payment(
        invoice=Invoice(invoice_id=invoice.invoice_id),
        account=Account(account_id=bank.account_id),
        date=TODAY,
        amount=110,
        reference="APT-1",
    )
    paid = official.call("create_payments", Payments(payments=[given])).payments[0]
    assert official.call("get_invoice", invoice.invoice_id).invoices[0].status == "PAID"
    assert official.call("get_payment", paid.payment_id).payments[0].reference == "APT-1"
    official.call("delete_payment", paid.payment_id, PaymentDelete(status="DELETED"))
    after = official.call("get_invoice", invoice.invoice_id).invoices[0]
    assert (after.status, after.amount_due) == ("AUTHORISED", 110)


def test_accounts_are_created_changed_and_deleted(official: Official) -> None:
    given = Account(code="OC200", name="Official Sales", type=AccountType.REVENUE)
    made = official.call("create_account", given).accounts[0]
    assert (made._class, made.tax_type) == ("REVENUE", "OUTPUT")
    renamed = Accounts(accounts=[Account(name="Official Income")])
    official.call("update_account", made.account_id, renamed)
    [read] = official.call("get_accounts", where='Code=="OC200"').accounts
    assert read.name == "Official Income"
    official.call("delete_account", made.account_id)
    assert official.call("get_accounts", where='Code=="OC200"').accounts == []


def test_credit_notes_are_allocated_and_taken_back(official: Official) -> None:
    invoice = official.invoice("Credited Ltd")
    line = LineItem(description="Return", quantity=1, unit_amount=100, account_code="200", tax_type="OUTPUT")
    contact = Contact(contact_id=invoice.contact.contact_id)
    given = CreditNote(type="ACCRECCREDIT", contact=contact, date=TODAY, status="AUTHORISED", line_items=[line])
    note = official.call("create_credit_notes", CreditNotes(credit_notes=[given])).credit_notes[0]
    part = Allocation(invoice=Invoice(invoice_id=invoice.invoice_id), amount=30, date=TODAY)
    key = note.credit_note_id
    [made] = official.call("create_credit_note_allocation", key, Allocations(allocations=[part])).allocations
    after = official.call("get_invoice", invoice.invoice_id).invoices[0]
    assert (after.amount_credited, after.amount_due, after.credit_notes[0].applied_amount) == (30, 80, 30)
    assert official.call("get_credit_note", key).credit_notes[0].remaining_credit == 80
    gone = official.call("delete_credit_note_allocations", key, made.allocation_id)
    assert (gone.is_deleted, official.call("get_invoice", invoice.invoice_id).invoices[0].amount_due) == (True, 110)


def test_credit_notes_are_refunded(official: Official) -> None:
    line = LineItem(description="Return", quantity=1, unit_amount=100, account_code="200", tax_type="OUTPUT")
    contact = official.contact("Refunded Ltd")
    given = CreditNote(type="ACCRECCREDIT", contact=contact, date=TODAY, status="AUTHORISED", line_items=[line])
    note = official.call("create_credit_notes", CreditNotes(credit_notes=[given])).credit_notes[0]
    refund = Payment(
        credit_note=CreditNote(credit_note_id=note.credit_note_id), account=Account(code="090"), date=TODAY, amount=110
    )
    paid = official.call("create_payment", refund).payments[0]
    assert paid.payment_type == "ARCREDITPAYMENT"
    read = official.call("get_credit_note", note.credit_note_id).credit_notes[0]
    assert (read.status, read.remaining_credit, read.payments[0].amount) == ("PAID", 0, 110)


def test_documents_are_printed_annotated_and_get_files(official: Official) -> None:
    key = official.invoice("Printed Ltd").invoice_id
    assert Path(official.call("get_invoice_as_pdf", key)).read_bytes()[:5] == b"%PDF-"
    notes = HistoryRecords(history_records=[HistoryRecord(details="from the firm")])
    official.call("create_invoice_history", key, notes)
    assert official.call("get_invoice_history", key).history_records[0].details == "from the firm"
    made = official.call("create_invoice_attachment_by_file_name", key, "a.txt", b"text", include_online=True)
    assert made.attachments[0].include_online
    known = official.call("get_invoice_attachments", key).attachments[0]
    content = official.call("get_invoice_attachment_by_id", key, known.attachment_id, "text/plain")
    assert Path(content).read_bytes() == b"text"


def test_endpoints_that_are_not_kept_are_read_as_empty(official: Official) -> None:
    assert official.call("get_bank_transactions", page=1).bank_transactions == []
    assert official.call("get_manual_journals", page=1).manual_journals == []
    assert official.call("get_journals").journals == []
    assert official.call("get_users").users == []
    assert official.call("get_quotes").quotes == []


def test_contact_groups_gain_and_lose_contacts(official: Official) -> None:
    contact = official.contact("Grouped Ltd")
    group = official.call("create_contact_group", ContactGroups([ContactGroup(name="From the firm")])).contact_groups[0]
    key = group.contact_group_id
    official.call("create_contact_group_contacts", key, Contacts(contacts=[contact]))
    read = official.call("get_contact_group", key).contact_groups[0]
    assert [each.name for each in read.contacts] == ["Grouped Ltd"]
    shown = official.call("get_contact", contact.contact_id).contacts[0].contact_groups
    assert [each.name for each in shown] == ["From the firm"]
    official.call("delete_contact_group_contact", key, contact.contact_id)
    assert official.call("get_contact", contact.contact_id).contacts[0].contact_groups == []


def test_settings_are_added_one_at_a_time(official: Official) -> None:
    component = TaxComponent(name="VAT", rate=21)
    rate = TaxRate(name="VAT 21%", report_tax_type="OUTPUT", tax_components=[component])
    made = official.call("create_tax_rates", TaxRates(tax_rates=[rate])).tax_rates[0]
    assert (made.tax_type, made.effective_rate) == ("TAX005", 21)
    assert official.call("create_currency", Currency(code=CurrencyCode.CHF)).currencies[0].description == "CHF"
    category = official.call("create_tracking_category", TrackingCategory(name="Team")).tracking_categories[0]
    key = category.tracking_category_id
    option = official.call("create_tracking_options", key, TrackingOption(name="Blue")).options[0]
    official.call("update_tracking_options", key, option.tracking_option_id, TrackingOption(name="Red"))
    read = official.call("get_tracking_category", key).tracking_categories[0]
    assert [each.name for each in read.options] == ["Red"]
    assert official.call("delete_tracking_category", key).tracking_categories[0].status == "DELETED"


def test_unknown_records_are_not_found(official: Official) -> None:
    with pytest.raises(HTTPStatusException) as refused:
        official.call("get_invoice", "11111111-1111-1111-1111-111111111111")
    assert refused.value.status == 404
