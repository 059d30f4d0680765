"""What every table of the ledger is made of: rows, and columns of plain JSON."""

from __future__ import annotations

from typing import Any, ClassVar

from sqlalchemy import Text, TypeDecorator
from sqlmodel import SQLModel

from tieout.api.codec import dumps, loads


class Json(TypeDecorator[Any]):
    """A column of plain JSON in which amounts stay `Decimal`."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: object) -> str | None:
        """The JSON text of a value; None stays null."""
        return None if value is None else dumps(value).decode()

    def process_result_value(self, value: str | None, dialect: object) -> Any:
        """The value of a JSON text."""
        return None if value is None else loads(value)


class Columns:
    """A table's columns, asked of its class."""

    def __get__(self, row: object, table: Any) -> Any:
        return table.__table__.c


class Row(SQLModel):
    """The base of all tables; `c` are a table's columns, as statements want them."""

    c: ClassVar[Any] = Columns()
