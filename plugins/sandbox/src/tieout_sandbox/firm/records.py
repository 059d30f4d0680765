"""The parts that records of every app share: audit fields, addresses, phones, e-mails."""

from datetime import date, datetime, time
from random import Random
from typing import Any

from tieout_sandbox.apptivo.config import FIRM_ID
from tieout_sandbox.apptivo.layoutfile import usual

Record = dict[str, Any]
WRITERS = ("Priya Natarajan", "Tom Gallagher", "Sasha Lee")

_FIRST_ID = {
    "customers": 1_000_001,
    "contacts": 2_000_001,
    "suppliers": 3_000_001,
    "items": 4_000_001,
    "invoices": 5_000_001,
    "purchase-orders": 6_000_001,
    "supplier-invoices": 7_000_001,
}


def started(collection: str, index: int, made: date, rng: Random) -> Record:
    """A record with its ids (text and number) and audit fields; `made` is the day it was entered."""
    app = usual().app(collection)
    number = _FIRST_ID[collection] + index
    writer = rng.choice(WRITERS)
    stamp = datetime.combine(made, time(rng.randrange(8, 18), rng.randrange(60), rng.randrange(60)))
    text = stamp.strftime("%m/%d/%Y %H:%M:%S")
    return {
        "id": str(number),
        app.id_field: number,
        "objectId": app.object_id,
        "firmId": FIRM_ID,
        "objectStatus": "0",
        "isActive": "Y",
        "version": 1,
        "creationDate": text,
        "lastUpdateDate": text,
        "createdByName": writer,
        "lastUpdatedByName": writer,
        "customAttributes": [],
    }


def day(value: date) -> str:
    """A date in the firm's own format, dd/MM/yyyy."""
    return value.strftime("%d/%m/%Y")


def address(line: str, city: tuple[str, str, str, str], country: tuple[str, str] = ("Australia", "AU")) -> Record:
    """A billing address; `city` is name, state, its code and the post code."""
    return {
        "id": "1",
        "addressAttributeId": "address_section_attr_id",
        "addressTypeCode": "1",
        "addressType": "Billing Address",
        "addressGroupName": "Address1",
        "addressLine1": line,
        "addressLine2": "",
        "city": city[0],
        "county": "",
        "state": city[1],
        "stateCode": city[2],
        "zipCode": city[3],
        "countryId": 13,
        "countryName": country[0],
        "countryCode": country[1],
        "deliveryInstructions": "",
        "isAdded": False,
    }


def phone(number: str) -> Record:
    """A business phone number."""
    kind = {"phoneType": "Business", "phoneTypeCode": "PHONE_BUSINESS"}
    return {"phoneNumber": number, **kind, "id": "cust_phone_input"}


def email(text: str) -> Record:
    """A business e-mail address."""
    kind = {"emailType": "Business", "emailTypeCode": "BUSINESS"}
    return {"emailAddress": text, **kind, "id": "cont_email_input"}


def abn(rng: Random) -> str:
    """A made-up Australian Business Number whose check digits are right."""
    weights = (10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19)
    body = [rng.randrange(10) for _ in range(9)]
    rest = sum(weight * digit for weight, digit in zip(weights[2:], body, strict=True))
    check = 89 - rest % 89 + 10
    digits = [check // 10, check % 10, *body]
    return "".join(map(str, digits))
