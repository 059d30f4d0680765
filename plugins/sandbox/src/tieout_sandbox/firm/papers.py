"""Documents that are stored on a few of the firm's records."""

import base64

from tieout_sandbox.apptivo.folder import Records
from tieout_sandbox.apptivo.layout import Layout
from tieout_sandbox.firm.records import Record

_COUNTS = {"invoices": 4, "supplier-invoices": 3}
_FIRST_ID = 600_001
_PDF = (
    "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Count 0/Kids[]>>endobj\n% {}\n%%EOF\n"
)


def papers(records: Records, layout: Layout) -> list[Record]:
    """One small PDF on each of the first few invoices and bills."""
    made: list[Record] = []
    for collection, count in _COUNTS.items():
        for record in records.get(collection, [])[:count]:
            app = layout.app(collection)
            number = record[app.key(app.number)]
            content = _PDF.format(number).encode()
            made.append(
                {
                    "id": str(_FIRST_ID + len(made)),
                    "documentId": _FIRST_ID + len(made),
                    "objectId": app.object_id,
                    "objectRefId": record[app.id_field],
                    "docName": f"{number}.pdf",
                    "docTitle": number,
                    "docType": "application/pdf",
                    "docSize": len(content),
                    "creationDate": record["creationDate"],
                    "encodedDocStr": base64.b64encode(content).decode(),
                }
            )
    return made
