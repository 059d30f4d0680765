"""Ledgerly, an accounting system: OAuth 2, lists paged by change number, and writes in batches of fifty."""

from urllib.parse import urlsplit

from tieout.contract import Binding, Check, Connector, Limits, Resource, Settings, Tenant
from tieout.errors import Problem
from tieout.hooks import hookimpl
from tieout.model import Item, Party
from tieout.oauth import OAuth
from tieout.secret import Secret
from tieout.work import Page, Receipt

# Tieout's name of each field, and Ledgerly's
CLIENT = {"external": "code", "standing": "state", "name": "name", "email": "mail", "phone": "phone"}
PRODUCT = {"standing": "state", "code": "sku", "name": "title", "description": "text", "price": "price", "cost": "cost"}


class LedgerlySettings(Settings):
    client_id: str
    client_secret: Secret
    url: str = "https://api.ledgerly.example"


def resource(name, model, fields, **rules):
    def lift(row, terms):
        return model(**{ours: row[theirs] for ours, theirs in fields.items() if row.get(theirs) is not None})

    def lower(record, terms, now):
        return {theirs: getattr(record, ours) for ours, theirs in fields.items()}

    turns = {"lift": lift, "lower": lower, "lossy": frozenset(model.model_fields) - fields.keys()}
    return Resource(name=name, type=model, **turns, id=("id",), version=("seq",), batch=50, key_seconds=3600, **rules)


RESOURCES = (
    resource("clients", Party, CLIENT, find=("external", "name"), unique=("external", "name")),
    resource("products", Item, PRODUCT, find=("code",), unique=("code",)),
)


def oauth(settings, resources):
    return OAuth(
        token_url=f"{settings.url}/oauth/token",
        client_id=settings.client_id,
        client_secret=settings.client_secret,
        scopes=("books",),
        grant="client-credentials",
        tenants=lambda connection, claims: [check(connection).tenant],
    )


@hookimpl
def connectors():
    rules = {"hosts": lambda settings: [urlsplit(settings.url).hostname], "limits": Limits(minute=600, concurrent=2)}
    what = {"name": "ledgerly", "title": "Ledgerly", "settings": LedgerlySettings, "resources": RESOURCES}
    yield Connector(**what, **rules, oauth=oauth)


@hookimpl
def bindings():
    for entity, name in {"customers": "clients", "suppliers": "clients", "items": "products"}.items():
        yield Binding(entity=entity, connector="ledgerly", resource=name)


@hookimpl
def check(connection):
    company = connection.http.read("GET", f"{connection.settings.url}/v1/company").json()
    return Check(tenant=Tenant(id=company["id"], name=company["name"]))


@hookimpl
def fetch(connection, resource, cursor):
    url = f"{connection.settings.url}/v1/{resource.name}"
    answer = connection.http.read("GET", url, params=cursor or {"after": 0}).json()
    stands = {"after": answer["last"]}
    return Page(wires=tuple(answer["rows"]), next=stands if answer["more"] else None, resume=stands)


@hookimpl
def find(connection, resource, keys):
    fields = {"id": "id"} | (CLIENT if resource.type is Party else PRODUCT)
    asked = {"keys": [[fields[key.field], key.value] for key in keys]}
    url = f"{connection.settings.url}/v1/{resource.name}/search"
    return dict(zip(keys, connection.http.read("POST", url, body=asked).json()["found"], strict=True))


@hookimpl
def push(connection, batch):
    rows = [{**step.body, "ref": step.key, "id": step.id} for step in batch.steps]
    url = f"{connection.settings.url}/v1/{batch.resource.name}"
    once = {"Idempotency-Key": batch.idempotency_key}
    answer = connection.http.write("POST", url, headers=once, body={"rows": rows}).json()
    return [receipt(result) for result in answer["results"]]


def receipt(result):
    problems = tuple(Problem(cause=error["code"], what=error["what"], fix=error["fix"]) for error in result["errors"])
    return Receipt(key=result["ref"], outcome=result["outcome"], id=result["id"], wire=result["row"], problems=problems)
