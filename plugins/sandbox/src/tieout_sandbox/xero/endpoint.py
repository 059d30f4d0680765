"""One endpoint of the accounting API: what its answers hold, how its lists are read, how its records are written."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal, TypeAlias

from tieout_sandbox.xero.books import Books
from tieout_sandbox.xero.findings import Findings
from tieout_sandbox.xero.problems import NotFound
from tieout_sandbox.xero.table import Record, Table

Query: TypeAlias = Mapping[str, str]
"""The parameters of a call, their names in lower case."""

Test: TypeAlias = Callable[[Record], bool]
"""Whether a record belongs to a list."""


def places(query: Query) -> int:
    """How many decimals unit amounts have in the answer to a call (docs/facts/xero.md, "Items")."""
    return 4 if query.get("unitdp") == "4" else 2


@dataclass(frozen=True, slots=True)
class Way:
    """How a record is written: PUT creates only, POST creates or updates.

    `places` are the decimals that unit amounts keep, `client` the application that writes, `identity` the record named
    in the path. `backorders` lets tracked stock fall below nothing.
    """

    verb: Literal["PUT", "POST"]
    places: int = 4
    client: str = ""
    identity: str | None = None
    backorders: bool = False


class Endpoint:
    """The records of one endpoint in one organisation; what a subclass does not say again holds for it as it is here.

    `plural` and `kind` name many and one of them, `error_flag` the field that tells of errors beside their list.
    `ways` are the writes that it knows: `PUT`, `POST`, `POST by id`; `batches` says whether they take many records,
    `most` how many at once (None for any number).
    `paged` is `never`, `asked` (only when the call names a page, or a parameter that forces paging) or `always`.
    `names` are the fields that `where` and `order` know, none where there is neither; `optimised` are those that Xero
    filters by at any volume (None where volume is no matter), `sortable` those that it orders by.
    """

    plural: ClassVar[str]
    kind: ClassVar[str]
    error_flag: ClassVar[str | None] = None
    ways: ClassVar[frozenset[str]] = frozenset()
    batches: ClassVar[bool] = False
    most: ClassVar[int | None] = None
    paged: ClassVar[Literal["never", "asked", "always"]] = "never"
    names: ClassVar[frozenset[str]] = frozenset()
    filterable: ClassVar[bool] = True
    optimised: ClassVar[frozenset[str] | None] = None
    sortable: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, books: Books, table: Table) -> None:
        self.books = books
        self.table = table

    @property
    def id_field(self) -> str:
        """The field of the id."""
        return self.table.id_field

    def find(self, key: str) -> Record | None:
        """The record of this natural key; most have none."""
        return None

    def filters(self, query: Query, client: str) -> Iterable[Test]:
        """Tests from the endpoint's own parameters; `client` is the application that asks."""
        return ()

    def single(self, record: Record, places: int) -> Record:
        """A record as the answer to a write, or to a read of it alone, has it; unit amounts with so many decimals."""
        return record

    def shown(self, record: Record, query: Query) -> Record:
        """A record as a paged list has it."""
        return record

    def unpaged(self, record: Record, query: Query) -> Record:
        """A record as an unpaged list has it."""
        return self.shown(record, query)

    def summary(self, record: Record, query: Query) -> Record:
        """A record as `summaryOnly` has it."""
        return self.shown(record, query)

    def write(self, element: Record, way: Way, findings: Findings) -> Record | None:
        """Save a record and return it as stored; None, and nothing done, when the findings have errors.

        Raises `NotFound` where nothing can be written.
        """
        raise NotFound

    def remove(self, record: Record) -> Record | None:
        """Remove a record and return what the answer tells of it; None for an answer without body.

        Raises `NotFound` where nothing can be removed, and `Problem` (400) for a record that must stay.
        """
        raise NotFound
