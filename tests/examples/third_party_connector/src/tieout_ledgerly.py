"""Ledgerly, an accounting system: OAuth 2, lists paged by change number, and writes in batches of fifty."""

from urllib.parse import urlsplit

import tieout

# Tieout's name of each field, and Ledgerly's
CLIENT = {"external": "code", "standing": "state", "name": "name", "email": "mail", "phone": "phone"}
PRODUCT = {"standing": "state", "code": "sku", "name": "title", "description": "text", "price": "price", "cost": "cost"}


class LedgerlySettings(tieout.Settings):
    client_id: str
    client_secret: tieout.Secret
    url: str = "https://api.ledgerly.example"


def resource(name, model, fields, **rules):
    def lift(row, terms):
        return model(**{ours: row[theirs] for ours, theirs in fields.items() if row.get(theirs) is not None})

    def lower(record, terms, now):
        return {theirs: getattr(record, ours) for ours, theirs in fields.items()}

    turns = {"lift": lift, "lower": lower, "lossy": frozenset(model.model_fields) - fields.keys()}
    return tieout.Resource(
        name=name, type=model, **turns, id=("id",), version=("seq",), batch=50, key_seconds=3600, **rules
    )


RESOURCES = (
    resource("clients", tieout.Party, CLIENT, find=("external", "name"), unique=("external", "name")),
    resource("products", tieout.Item, PRODUCT, find=("code",), unique=("code",)),
)


def oauth(settings, resources):
    return tieout.OAuth(
        token_url=f"{settings.url}/oauth/token",
        client_id=settings.client_id,
        client_secret=settings.client_secret,
        scopes=("books",),
        grant="client-credentials",
        tenants=lambda connection, claims: [check(connection).tenant],
    )


@tieout.hookimpl
def connectors():
    what = {"name": "ledgerly", "title": "Ledgerly", "settings": LedgerlySettings, "resources": RESOURCES}
    limits = tieout.Limits(minute=600, concurrent=2)
    yield tieout.Connector(**what, limits=limits, hosts=lambda settings: [urlsplit(settings.url).hostname], oauth=oauth)


@tieout.hookimpl
def bindings():
    for entity, name in {"customers": "clients", "suppliers": "clients", "items": "products"}.items():
        yield tieout.Binding(entity=entity, connector="ledgerly", resource=name)


@tieout.hookimpl
def check(connection):
    company = connection.http.read("GET", f"{connection.settings.url}/v1/company").json()
    return tieout.Check(tenant=tieout.Tenant(id=company["id"], name=company["name"]))


@tieout.hookimpl
def fetch(connection, resource, cursor):
    url = f"{connection.settings.url}/v1/{resource.name}"
    answer = connection.http.read("GET", url, params=cursor or {"after": 0}).json()
    stands = {"after": answer["last"]}
    return tieout.Page(wires=tuple(answer["rows"]), next=stands if answer["more"] else None, resume=stands)


@tieout.hookimpl
def find(connection, resource, keys):
    fields = {"id": "id"} | (CLIENT if resource.type is tieout.Party else PRODUCT)
    asked = {"keys": [[fields[key.field], key.value] for key in keys]}
    url = f"{connection.settings.url}/v1/{resource.name}/search"
    return dict(zip(keys, connection.http.read("POST", url, body=asked).json()["found"], strict=True))


@tieout.hookimpl
def push(connection, batch):
    rows = [{**step.body, "ref": step.key, "id": step.id} for step in batch.steps]
    url = f"{connection.settings.url}/v1/{batch.resource.name}"
    once = {"Idempotency-Key": batch.idempotency_key}
    answer = connection.http.write("POST", url, headers=once, body={"rows": rows}).json()
    return [receipt(result) for result in answer["results"]]


def receipt(result):
    problems = tuple(
        tieout.Problem(cause=error["code"], what=error["what"], fix=error["fix"]) for error in result["errors"]
    )
    return tieout.Receipt(
        key=result["ref"], outcome=result["outcome"], id=result["id"], wire=result["row"], problems=problems
    )
