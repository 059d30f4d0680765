"""The firm's items: some 240 ordinary ones, then a few of the kind that every old catalogue has."""

from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import product
from random import Random

from tieout_sandbox.firm import words
from tieout_sandbox.firm.records import Record, started

ITEMS = 250
UNDESCRIBED = "Sundry"
"""The name of an item that has no description."""

_CENT = Decimal("0.01")
_ODD: tuple[Record, ...] = (
    {"itemName": "Extension ladder, trade, 6.5 m", "itemCode": "LADDER-EXTENSION-ALUMINIUM-TRADE-6500"},
    {"itemName": "Extension ladder, trade, 7.7 m", "itemCode": "LADDER-EXTENSION-ALUMINIUM-TRADE-7700"},
    {"itemName": "Hire trolley, blue", "itemCode": "TROLLEY"},
    {"itemName": "Hire trolley, red", "itemCode": "TROLLEY"},
    {"itemName": "Loose offcuts", "itemCode": ""},
    {"itemName": "Pallet deposit", "itemCode": "null"},
    {"itemName": UNDESCRIBED, "itemCode": "SUNDRY", "description": "", "itemPrice": "", "suggestedPrice": ""},
    {
        "itemName": "Cement & lime <premix> 20 kg",
        "itemCode": "CEM-20",
        "description": "<p>Pre-mixed cement &amp; lime,<br>20&nbsp;kg bag</p><ul><li>frost safe</li></ul>",
    },
    {"itemName": 'Façade panel "Größe 2" in anthracite, fire rated, 1200 x 2400 mm', "itemCode": "FAÇ-2"},
    {"itemName": "Old price list item", "itemCode": "OLD-1", "itemPrice": "", "isActive": "N", "objectStatus": "1"},
)


def items(rng: Random) -> list[Record]:
    """Two hundred and fifty items; the odd ones come last."""
    plain = [
        _plain(f"{prefix}-{size}-{finish}", f"{name} {size} {finish}", price, step)
        for prefix, name, sizes, finishes, price in words.GOODS
        for step, (size, finish) in enumerate(product(sizes, finishes))
    ]
    brands = [_branded(each, brand) for brand in ("Ironbark", "Tradeline") for each in plain]
    given = [*plain, *brands][: ITEMS - len(_ODD)]
    return [_item(index, each, rng) for index, each in enumerate([*given, *_ODD])]


def _plain(code: str, name: str, price: str, step: int) -> Record:
    amount = (Decimal(price) * (Decimal(1) + Decimal(step) * Decimal("0.17"))).quantize(_CENT, ROUND_HALF_UP)
    return {"itemName": name, "itemCode": code.upper().replace(" ", ""), "suggestedPrice": str(amount)}


def _branded(item: Record, brand: str) -> Record:
    price = (Decimal(item["suggestedPrice"]) * Decimal("1.20")).quantize(_CENT, ROUND_HALF_UP)
    return {
        "itemName": f"{brand} {item['itemName'].lower()}",
        "itemCode": f"{brand[:2].upper()}-{item['itemCode']}",
        "suggestedPrice": str(price),
    }


def _item(index: int, given: Record, rng: Random) -> Record:
    price = Decimal(given.get("suggestedPrice") or "25.00")
    record = started("items", index, date(2025, 1, 13) + timedelta(days=rng.randrange(300)), rng)
    record |= {
        "description": f"{given['itemName']}, trade quality",
        "suggestedPrice": str(price),
        "itemPrice": str((price * Decimal("0.95")).quantize(_CENT, ROUND_HALF_UP)),
        "itemCost": (price * Decimal("0.62")).quantize(_CENT, ROUND_HALF_UP),
        "isInventoryItem": "Y" if rng.random() < 0.7 else "N",
        "uomId": 1,
        "enabledForSales": "Y",
        "taxName": "GST",
        "taxRate": 10,
        "categories": [{"itemCategoryId": 6001}],
    }
    if rng.random() < 0.1:
        del record["itemCost"]
    return record | given
