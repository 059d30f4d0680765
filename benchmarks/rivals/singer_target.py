"""A Singer target made with Meltano's SDK: batches of 50 records, one call each."""

import mapping
import requests
from singer_sdk import Target
from singer_sdk import typing as th
from singer_sdk.sinks import BatchSink

http = requests.Session()
contacts = {}


class Xero(BatchSink):
    """Writes the records of one stream."""

    max_size = 50

    def process_record(self, record, context):
        """Map one record and add it to the batch."""
        base = self.config["base"]
        customer = self.stream_name == "customers"
        mapped = mapping.contact(record) if customer else mapping.invoice(record, contacts, base)
        context.setdefault("rows", []).append(mapped)

    def process_batch(self, context):
        """Write a batch."""
        name = "Contacts" if self.stream_name == "customers" else "Invoices"
        url, asked = f"{self.config['base']}/api.xro/2.0/{name}", {"summarizeErrors": "false"}
        answer = http.put(url, params=asked, json={name: context["rows"]}, headers=mapping.HEADERS, timeout=60)
        answer.raise_for_status()
        found = mapping.accepted(answer.json())
        if name == "Contacts":
            contacts.update(mapping.learnt(found))


class TargetXero(Target):
    """The target."""

    name = "target-xero-benchmark"
    config_jsonschema = th.PropertiesList(th.Property("base", th.StringType, required=True)).to_dict()
    default_sink_class = Xero


if __name__ == "__main__":
    TargetXero.cli()
