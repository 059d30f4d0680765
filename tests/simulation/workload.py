"""What people do in both systems between two syncs: documents are written, changed, paid, taken back."""

import copy
from decimal import Decimal

from checker import money, number_of

OPEN = ("Sent", "Viewed", "Created", "Received", "Partially Paid")
DOCUMENTS = ("invoices", "supplier-invoices", "purchase-orders")
VOID = {
    "invoices": {"statusName": "Void", "statusId": 20006},
    "supplier-invoices": {"statusName": "Void", "statusId": 22005},
    "purchase-orders": {"statusName": "Cancelled", "statusId": 21004},
}
IDS = {"invoices": "invoiceId", "supplier-invoices": "supplierInvoiceId", "purchase-orders": "purchaseOrderId"}
NUMBERS = {
    "invoices": "invoiceNumber",
    "supplier-invoices": "supplierInvoiceNumber",
    "purchase-orders": "purchaseOrderNumber",
}
OWN = ("objectId", "payments", "amountPaid", "balanceDue", "creationDate", "lastUpdateDate", "version")
"""Fields that a copy of a document does not take along."""
NOTES = {"invoices": "poNumber", "supplier-invoices": "description", "purchase-orders": "referenceNumber"}


class Workload:
    """Does one thing after the other, as the seed decides; `done` tells what, in words."""

    def __init__(self, product, chance):
        self.product = product
        self.chance = chance
        self.done = []
        self._written = 0

    def step(self):
        """Do one thing."""
        what = self.chance.choice(
            [
                self.write,
                self.write,
                self.change_amount,
                self.change_note,
                self.void,
                self.pay,
                self.pay_twice,
                self.unpay,
            ]
        )
        what()

    def write(self):
        """Write a new document, alike to one that is there."""
        app, model = self._one()
        self._written += 1
        fresh = copy.deepcopy(model)
        for name in ("id", IDS[app], *OWN):
            fresh.pop(name, None)
        fresh[NUMBERS[app]] = f"{model[NUMBERS[app]]}-{self._written}"
        if fresh.get("supplierReferenceNumber"):
            fresh["supplierReferenceNumber"] += f"-{self._written}"
        if fresh["statusName"] in ("Paid", "Partially Paid", "Void", "Cancelled"):
            fresh["statusName"] = "Sent"
        self.product.edit("apptivo", collection=app, create=fresh)
        self._say("wrote", app, fresh)

    def change_amount(self):
        """Change the price of a line."""
        app, one = self._one(lambda one: one.get("lines") and not one.get("payments"))
        if one is None:
            return
        price = Decimal(self.chance.randint(100, 99_999)) / 100
        self.product.edit("apptivo", collection=app, id=one["id"], set={"lines.0.unitPrice": str(price)})
        self._say(f"set the price {price} in", app, one)

    def change_note(self):
        """Change a text."""
        app, one = self._one()
        note = f"Note {self.chance.randint(1, 999)}"
        self.product.edit("apptivo", collection=app, id=one["id"], set={NOTES[app]: note})
        self._say(f"wrote {note!r} on", app, one)

    def void(self):
        """Take a document back."""
        app, one = self._one()
        self.product.edit("apptivo", collection=app, id=one["id"], set=VOID[app])
        self._say("took back", app, one)

    def pay(self):
        """Enter a payment of a part of what is due."""
        self._pay(1)

    def pay_twice(self):
        """Enter two payments of one day and one amount: nothing but their marks tells them apart."""
        self._pay(2)

    def _pay(self, times):
        app, one = self._one(lambda one: one["statusName"] in OPEN, ("invoices", "supplier-invoices"))
        if one is None:
            return
        paid = list(one.get("payments") or ())
        left = money(one["total"]) - sum((money(each["amount"]) for each in paid), Decimal(0))
        amount = (left / self.chance.randint(2 * times, 4 * times)).quantize(Decimal("0.01"))
        if amount <= 0:
            return
        model = {"paymentType": "Check", "paymentDate": one["invoiceDate"], "amount": str(amount)}
        paid += [dict(model) for _ in range(times)]
        self.product.edit("apptivo", collection=app, id=one["id"], set={"payments": paid})
        self._say(f"entered {times} x {amount} on", app, one)

    def unpay(self):
        """Remove a payment."""
        app, one = self._one(lambda one: one.get("payments"), ("invoices", "supplier-invoices"))
        if one is None:
            return
        kept = list(one["payments"])
        gone = kept.pop(self.chance.randrange(len(kept)))
        self.product.edit("apptivo", collection=app, id=one["id"], set={"payments": kept})
        self._say(f"removed the payment of {gone['amount']} from", app, one)

    def _one(self, fits=lambda one: True, apps=DOCUMENTS):
        """Pick a document that is alive."""
        state = self.product.state("apptivo")
        found = [
            (app, one)
            for app in apps
            for one in state.get(app, ())
            if one["statusName"] not in ("Void", "Cancelled") and fits(one)
        ]
        return self.chance.choice(found) if found else ("invoices", None)

    def _say(self, what, app, one):
        self.done.append(f"{what} {app} {number_of(app, one)}")
