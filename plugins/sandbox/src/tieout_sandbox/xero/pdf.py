"""Documents as PDF files: one page with what a reader needs to tell them apart."""

from tieout_sandbox.xero.table import Record

_SHOWN = ("Type", "Status", "DateString", "DueDateString", "CurrencyCode", "SubTotal", "TotalTax", "Total")
_NUMBERS = ("InvoiceNumber", "CreditNoteNumber", "PurchaseOrderNumber")


def pdf(document: Record, organisation: str) -> bytes:
    """A document, as a read of it alone gives it, on one page."""
    number = next((document[name] for name in _NUMBERS if document.get(name)), "")
    lines = [organisation, str(number), *(f"{name}: {document[name]}" for name in _SHOWN if name in document)]
    lines += [f"{line.get('Description', '')}  {line['LineAmount']}" for line in document["LineItems"]]
    return _file("".join(f"({_escaped(line)}) Tj T*\n" for line in lines))


def _escaped(text: str) -> str:
    for mark in ("\\", "(", ")"):
        text = text.replace(mark, f"\\{mark}")
    return text.replace("\n", " ").replace("\r", " ")


def _file(text: str) -> bytes:
    content = f"BT /F1 11 Tf 14 TL 50 790 Td\n{text}ET".encode("cp1252", "replace")
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    )
    made, places = b"%PDF-1.4\n", []
    for number, each in enumerate(objects, 1):
        places.append(len(made))
        made += b"%d 0 obj\n%s\nendobj\n" % (number, each)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    end = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, len(made))
    return made + b"xref\n0 %d\n0000000000 65535 f \n%s" % (len(objects) + 1, table) + end
