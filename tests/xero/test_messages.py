"""Messages: each that is known has a cause, plain words and a fix; an unknown one is passed on."""

from __future__ import annotations

import re

import pytest
from tieout_xero.messages import KNOWN, errors, problem, warnings

SAID = [
    (
        "The contact name Acme is already assigned to another contact. The contact name must be "
        "unique across all active contacts.",
        "contact-name-taken",
        "",
    ),
    (
        "The Contact must contain at least 1 of the following elements to identify the contact: "
        "Name, ContactID, ContactNumber",
        "contact-missing",
        "",
    ),
    (
        "The contact matched an archived contact. Archived contacts cannot currently be edited via the API",
        "archived-in-target",
        "",
    ),
    (
        "The contact with the specified contact details has been archived. The contact must be "
        "un-archived before creating new invoices or credit notes",
        "archived-in-target",
        "",
    ),
    ("The Account Number already exists", "contact-number-taken", ""),
    ("Additional people cannot be added when the primary person has no email address set", "contact-email-missing", ""),
    ("Email address must be valid.", "email-invalid", ""),
    ("Invoice # must be unique.", "number-taken", ""),
    ("Invoice not of valid status for modification", "status-refused", ""),
    ("Invoice not of valid status for creation", "status-refused", ""),
    ("One or more line items must be specified", "lines-missing", ""),
    ("A Contact must be specified for this type of transaction", "contact-missing", ""),
    ("The document DueDate field must be specified", "due-date-missing", ""),
    ("Account code must be specified", "account-not-chosen", ""),
    ("The TaxType field is mandatory", "tax-unmapped", ""),
    ("Account code '476' is not a valid code for this document.", "account-not-legal", "476"),
    ("Account code '476' has been archived, or has been deleted", "account-archived", "476"),
    ("Account code '476' has been removed as it does not match a recognised account.", "account-unknown", "476"),
    (
        "The TaxType code OUTPUT9 does not exist or cannot be used for this type of transaction",
        "tax-unknown",
        "OUTPUT9",
    ),
    ("The TaxType code 'INPUT' cannot be used with account code '200'.", "tax-not-for-account", "INPUT"),
    ("The invoice total does not equal the sum of the lines.", "total-differs", ""),
    ("Discount must not be greater than the line total", "discount-too-large", ""),
    (
        "The document date cannot be before the end of year lock date, currently set at 30 June 2026.",
        "period-locked",
        "30 June 2026",
    ),
    (
        "The document date cannot be before the period lock date, currently set at 30 June 2026",
        "period-locked",
        "30 June 2026",
    ),
    ("Date cannot be changed on an invoice that has payment or credit notes allocated to it", "settled-in-target", ""),
    ("This document cannot be edited as it has a payment or credit note allocated to it.", "settled-in-target", ""),
    ("Order number must be unique", "number-taken", ""),
    ("PurchaseOrder status change is invalid", "status-refused", ""),
    ("Deleted PurchaseOrders cannot be updated", "number-taken", ""),
    ("Only AUTHORISED and BILLED purchase orders may have SentToContact updated.", "sent-mark-ignored", ""),
    ("Price List Item with Code 'PUMP-1' already exists", "code-taken", "PUMP-1"),
    ("Cost Of Goods Sold Account must be used with an Inventory Asset Account", "item-tracked", ""),
    ("Payment amount exceeds the amount outstanding on this document", "payment-too-large", ""),
    ("The document with the supplied id was not found for this endpoint.", "gone", ""),
    ("Please enter a unique Name.", "account-name-taken", ""),
    ("Organisation is not subscribed to currency JPY", "currency-not-enabled", "JPY"),
    ("You have reached the limit of invoices you can approve", "plan-does-not-allow", ""),
    ("Idempotency Key: K is used with a different request.", "repeat-refused", ""),
]


@pytest.mark.parametrize(("said", "cause", "about"), SAID)
def test_a_known_message_has_cause_and_fix(said: str, cause: str, about: str) -> None:
    for spoken in (said, said.upper()):
        told = problem(spoken)
        assert told.cause == cause
        assert told.what
        assert told.fix
        assert told.said == spoken
    assert problem(said).about == about


def test_every_known_message_is_tried_here() -> None:
    tried = {known.fragment for known in KNOWN for said, _, _ in SAID if known.fragment in said.casefold()}
    assert tried == {known.fragment for known in KNOWN}


def test_causes_are_stable_codes_and_words_are_sentences() -> None:
    for known in KNOWN:
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", known.cause)
        assert known.what.endswith(".")
        assert known.fix.endswith(".")
        assert known.fragment == known.fragment.casefold()


def test_an_unknown_message_is_passed_on_in_xeros_words() -> None:
    told = problem("Something new")
    assert (told.cause, told.said, told.about) == ("refused", "Something new", "Something new")


def test_problems_are_collected_wherever_they_sit_and_once() -> None:
    element = {
        "ValidationErrors": [{"Message": "A"}, {"Message": "B"}],
        "Contact": {
            "ValidationErrors": [{"Message": "C"}],
            "Addresses": [{"ValidationErrors": [{"Message": "D"}]}, None],
        },
        "LineItems": [{"ValidationErrors": [{"Message": "A"}]}, {"Description": "x", "ValidationErrors": None}],
        "Warnings": [{"Message": "E"}],
    }
    assert [told.said for told in errors(element)] == ["A", "B", "C", "D"]
    assert warnings(element) == ("E",)
