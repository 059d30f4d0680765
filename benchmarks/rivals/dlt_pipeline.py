"""dlt: its REST source, and a custom destination that gets 50 rows a call.

The pipeline runs twice, because an invoice needs the id that Xero gave to its customer's contact.
"""

import os
import sys

os.environ |= {"RUNTIME__DLTHUB_TELEMETRY": "false", "RUNTIME__LOG_LEVEL": "ERROR", "LOAD__WORKERS": "4"}

import dlt
import mapping
import requests
from dlt.sources.rest_api import rest_api_source

BASE, FOLDER = sys.argv[1:]
PAGE, BATCH = 250, 50

http = requests.Session()
contacts = {}


@dlt.destination(
    name="xero",
    batch_size=BATCH,
    loader_file_format="typed-jsonl",
    naming_convention="direct",
    max_table_nesting=0,
    skip_dlt_columns_and_tables=True,
)
def xero(items, table):
    """Write a batch."""
    name = table["name"]
    url, asked = f"{BASE}/api.xro/2.0/{name}", {"summarizeErrors": "false"}
    answer = http.put(url, params=asked, json={name: items}, headers=mapping.HEADERS, timeout=60)
    answer.raise_for_status()
    found = mapping.accepted(answer.json())
    if name == "Contacts":
        contacts.update(mapping.learnt(found))


def source(name, app, mapped):
    """Return a source of one app."""
    asked = {"a": "getAll", "apiKey": "none", "accessKey": "none"}
    paginator = {
        "type": "offset",
        "limit": PAGE,
        "offset": 0,
        "offset_param": "startIndex",
        "limit_param": "numRecords",
        "total_path": "countOfRecords",
    }
    endpoint = {"path": f"app/dao/v6/{app}", "params": asked, "data_selector": "data"}
    resource = {"name": name, "endpoint": endpoint, "processing_steps": [{"map": mapped}]}
    return rest_api_source({"client": {"base_url": BASE, "paginator": paginator}, "resources": [resource]})


if __name__ == "__main__":
    pipeline = dlt.pipeline("benchmark", destination=xero, pipelines_dir=FOLDER)
    pipeline.run(source("Contacts", "customers", mapping.contact))
    pipeline.run(source("Invoices", "invoice", lambda row: mapping.invoice(row, contacts, BASE)))
