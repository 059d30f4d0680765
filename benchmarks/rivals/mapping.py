"""The mapping of all rivals: a customer into a contact, an invoice into an invoice.

It produces the same bodies as Tieout. Amounts are computed in `Decimal`, rounded half up and compared with the sums
that the source states; a difference ends the run.
"""

from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

FIRM = 90001
STATUSES = {"Draft": "DRAFT", "Sent": "DRAFT"}
ACCOUNTS = {"GST": "200"}
TAXES = {("GST", 10): "OUTPUT"}
HEADERS = {"Authorization": "Bearer none", "Xero-Tenant-Id": "none", "Accept": "application/json"}

_CENT = Decimal("0.01")


def contact(row):
    """Return the contact for a customer."""
    return {
        "Name": " ".join(row["customerName"].split()),
        "ContactNumber": f"{FIRM}-C-{row['customerId']}",
        "EmailAddress": next((each["emailAddress"] for each in row["emailAddresses"]), ""),
        "Addresses": [_address(each) for each in row["addresses"]],
        "DefaultCurrency": row["currencyCode"],
    }


def invoice(row, contacts, base):
    """Return the invoice for an invoice.

    `contacts` holds the ids of contacts by the ids of customers. Raises `ValueError` when the lines do not add up to
    the stated total.
    """
    lines, net, tax = [], Decimal(0), Decimal(0)
    for line in row["lines"]:
        quantity, price = Decimal(str(line["quantity"])), Decimal(line["unitPrice"])
        amount = (quantity * price).quantize(_CENT, ROUND_HALF_UP)
        net += amount
        tax += (amount * line["taxRate"] / 100).quantize(_CENT, ROUND_HALF_UP)
        lines.append(
            {
                "Description": line["note"].strip()[:4000],
                "Quantity": float(quantity),
                "UnitAmount": float(price),
                "AccountCode": ACCOUNTS[line["taxName"]],
                "TaxType": TAXES[line["taxName"], line["taxRate"]],
            }
        )
    if (net, net + tax) != (Decimal(row["subTotal"]), Decimal(row["total"])):
        raise ValueError(f"{row['invoiceNumber']}: the lines add up to {net + tax}, not to {row['total']}")
    return {
        "Type": "ACCREC",
        "Contact": {"ContactID": contacts[row["customerId"]]},
        "InvoiceNumber": row["invoiceNumber"],
        "Reference": row["poNumber"],
        "Date": _day(row["invoiceDate"]),
        "DueDate": _day(row["dueDate"]),
        "LineAmountTypes": "Exclusive",
        "CurrencyCode": row["currencyCode"],
        "Status": STATUSES[row["statusName"]],
        "Url": f"{base}/app/invoice.jsp#/view/{row['invoiceId']}",
        "LineItems": lines,
    }


def accepted(answer):
    """Return the elements of an answer. Raises `ValueError` when one of them was refused."""
    (found,) = (value for value in answer.values() if isinstance(value, list))
    for each in found:
        if each["StatusAttributeString"] != "OK":
            raise ValueError(f"refused: {each}")
    return found


def learnt(answered):
    """Return the ids of contacts by the ids of customers, read from an answer."""
    return {int(each["ContactNumber"].rpartition("-")[2]): each["ContactID"] for each in answered}


def _address(row):
    return {
        "AddressType": "POBOX",
        "AddressLine1": row["addressLine1"],
        "City": row["city"],
        "Region": row["state"],
        "PostalCode": row["zipCode"],
        "Country": row["countryCode"],
    }


def _day(written):
    return datetime.strptime(written, "%d/%m/%Y").date().isoformat()  # noqa: DTZ007 (a day of a document has no zone)
