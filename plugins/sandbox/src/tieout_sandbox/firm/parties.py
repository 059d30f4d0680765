"""The firm's customers, contacts and suppliers."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from itertools import product
from random import Random

from tieout_sandbox.apptivo.config import custom_attribute
from tieout_sandbox.apptivo.layoutfile import usual
from tieout_sandbox.firm import words
from tieout_sandbox.firm.records import Record, abn, address, email, phone, started

CUSTOMERS, CONTACTS, SUPPLIERS = 300, 400, 60
ABROAD_CUSTOMERS = {"NZD": 22, "USD": 14, "EUR": 10, "GBP": 8}
_OPENED = date(2025, 2, 3)

KNOWN_IN_XERO = ("Bluegum Timber Pty Ltd", "Harbour City Electrical", "SÜDWIND Handels GmbH", "Old Mill Stores")
TWINS = "Coastline Kitchens"
BOTH = "Wattle Grove Timber Pty Ltd"
"""A customer that is also a supplier."""

ODD_NAMES = (
    *((name, "EUR" if "GmbH" in name else "AUD") for name in KNOWN_IN_XERO),
    (TWINS, "AUD"),
    (TWINS, "AUD"),
    (BOTH, "AUD"),
    ('Smith & Sons "The Tile People"', "AUD"),
    ("Less < More Interiors", "AUD"),
    ("Müller Möbel & Söhne", "EUR"),
    ("Happy Hammer 🔨 Hire", "AUD"),
    ("Trailing Blanks Trading  ", "AUD"),
    ("  Leading Edge Roofing", "AUD"),
    ("Double  Spaced  Doors", "AUD"),
    ("O'Connor's Paint & Paper", "AUD"),
    ("Łódź Lighting", "EUR"),
    ("東京 Tools", "AUD"),
)


def customers(
    rng: Random,
    count: int = CUSTOMERS,
    odd: Sequence[tuple[str, str]] = ODD_NAMES,
    abroad: Mapping[str, int] = ABROAD_CUSTOMERS,
) -> list[Record]:
    """So many customers: the odd names first, then those abroad (so many per currency), then the bulk in Australia."""
    foreign = [(name, currency) for currency, wanted in abroad.items() for name in _abroad(currency, wanted)]
    here = [" ".join(part for part in parts if part) for parts in product(words.PLACES, words.TRADES)]
    rng.shuffle(here)
    domestic = [(f"{name} {rng.choice(words.ENDINGS)}".strip(), "AUD") for name in here]
    names = [*odd, *foreign, *domestic][:count]
    return [_customer(index, name, currency, rng) for index, (name, currency) in enumerate(names)]


def contacts(rng: Random, customers: list[Record], count: int = CONTACTS) -> list[Record]:
    """So many people: every customer has one, the first ones have two; a few are of the odd kind."""
    names = list(product(words.FIRST, words.LAST))
    rng.shuffle(names)
    homes = [*customers, *customers[: count - len(customers)]]
    people = [_contact(index, *names[index], home, rng) for index, home in enumerate(homes)]
    for person in people[len(customers) :]:
        person["isPrimary"] = "N"
    people[20]["emailAddresses"] = []
    people[21]["emailAddresses"] = [email("not an address @ all")]
    people[22] |= {"firstName": "Jürgen", "lastName": "Groß & Partner", "fullName": "Jürgen Groß & Partner"}
    people[23] |= {"title": "null", "jobTitle": None, "externalRefId": ""}
    people[24] |= {"firstName": "", "lastName": "Madonna", "fullName": "Madonna"}
    return people


def suppliers(rng: Random, count: int = SUPPLIERS) -> list[Record]:
    """So many suppliers, mostly in Australia."""
    names = [f"{place} {trade}" for place, trade in product(words.PLACES[::-1], words.SUPPLY)]
    rng.shuffle(names)
    foreign = [("Auckland Anchors Limited", "NZD"), ("Great Lakes Tooling Inc", "USD"), ("Werkzeug Wagner GmbH", "EUR")]
    listed = [(BOTH, "AUD"), *foreign, *((name, "AUD") for name in names)]
    return [_supplier(index, name, currency, rng) for index, (name, currency) in enumerate(listed[:count])]


def _abroad(currency: str, count: int) -> list[str]:
    places, ending, _, _ = words.ABROAD[currency]
    return [f"{place} {trade} {ending}" for trade, place in product(words.TRADES, places)][:count]


def _customer(index: int, name: str, currency: str, rng: Random) -> Record:
    record = started("customers", index, _day(rng), rng)
    term, term_name = usual().payment_terms[rng.choice((1, 2, 3, 3))]
    category, category_name = rng.choice(words.CATEGORIES)
    record |= {
        "customerName": name,
        "customerNameNotAnalysed": name,
        "customerNumber": f"CUS-{index + 1:04}",
        "customerCategoryId": category,
        "customerCategory": category_name,
        "statusId": 10000,
        "statusName": "Active",
        "currencyCode": currency,
        "paymentTermId": term,
        "paymentTerm": term_name,
        "assigneeObjectId": 8,
        "assigneeObjectRefId": 55001,
        "assigneeObjectRefName": "Tom Gallagher",
        **_reached(index, "customer", currency, rng),
    }
    if currency == "AUD":
        record["customAttributes"] = [custom_attribute(usual().app("customers").custom["ABN"], abn(rng))]
    if index == 40:
        record["emailAddresses"] = [email("accounts(at)nowhere")]
    if index == 41:
        record |= {"website": "null", "description": "null", "paymentTerm": "", "paymentTermId": None}
    return record


def _contact(index: int, first: str, last: str, home: Record, rng: Random) -> Record:
    record = started("contacts", index, _day(rng), rng)
    return record | {
        "title": "",
        "firstName": first,
        "lastName": last,
        "fullName": f"{first} {last}",
        "jobTitle": rng.choice(words.JOBS),
        "accountId": home["customerId"],
        "accountName": home["customerName"],
        "isPrimary": "Y",
        "contactStatusId": 10000,
        "contactStatusName": "Active",
        "externalRefId": "",
        "addresses": [],
        "phoneNumbers": [phone(f"+61 4 9157 {index:04}")],
        "emailAddresses": [email(f"{first}.{last}{index}".lower().replace("'", "") + "@people.example")],
    }


def _supplier(index: int, name: str, currency: str, rng: Random) -> Record:
    record = started("suppliers", index, _day(rng), rng)
    term, term_name = usual().payment_terms[rng.choice((2, 3, 4))]
    return record | {
        "supplierName": name,
        "supplierNumber": f"SUP-{index + 1:04}",
        "statusId": 10000,
        "statusName": "Active",
        "currencyCode": currency,
        "paymentTermId": term,
        "paymentTerm": term_name,
        "description": "",
        **_reached(index, "supplier", currency, rng),
    }


def _reached(index: int, kind: str, currency: str, rng: Random) -> Record:
    """How a firm is reached: address, phone, e-mail, web site."""
    country = words.ABROAD[currency][2:] if currency in words.ABROAD else ("Australia", "AU")
    city = rng.choice(words.CITIES) if currency == "AUD" else (country[0], "", "", f"{rng.randrange(10000, 99999)}")
    line = f"{rng.randrange(1, 240)} {rng.choice(words.STREETS)}"
    return {
        "addresses": [address(line, city, country)],
        "phoneNumbers": [phone(f"+61 2 5550 {rng.randrange(10000):04}")],
        "emailAddresses": [email(f"accounts@{kind}{index + 1}.example")],
        "website": f"https://{kind}{index + 1}.example",
    }


def _day(rng: Random) -> date:
    return _OPENED + timedelta(days=rng.randrange(320))
