"""Attachments: files of a record, by the endpoint that it lives at (docs/facts/xero.md, "Attachments", "Sizes")."""

from __future__ import annotations

from urllib.parse import quote

from tieout import Connection, File, Problem, Rejected, Resource

from tieout_xero.access import accepted, admitted, refusal
from tieout_xero.listing import elements, get, headers

_TAKING = frozenset({"Contacts", "Invoices", "PurchaseOrders"})
_MOST = 10
_BYTES = 10_000_000
_FORBIDDEN = '<>:"/\\|?*+'


def attach(connection: Connection, resource: Resource, id: str, file: File) -> bool:
    """Attach a file, in place of one of the same name; False for a kind of record that takes none.

    Raises `Rejected` for a name, a size or a number of files that Xero does not take, before the file is sent.
    """
    if resource.name not in _TAKING:
        return False
    _fit(file, file.size)
    path = f"{resource.name}/{quote(id, safe='')}/Attachments"
    reply = get(connection, path)
    if reply.status == 404:
        raise Rejected(refusal(reply))
    names = {str(one.get("FileName") or "").casefold() for one in elements(reply.json(), "Attachments")}
    if file.name.casefold() not in names and len(names) >= _MOST:
        raise Rejected(
            Problem(
                cause="attachments-full",
                what=f"The file {file.name} is not attached: the record has {len(names)} files in Xero already.",
                why=f"Xero keeps at most {_MOST} files of a record.",
                fix="Remove a file in Xero, then sync again.",
                about=file.name,
            )
        )
    content = file.content()
    _fit(file, len(content))
    with admitted(connection):
        reply = connection.http.write(
            "PUT",
            f"{connection.settings.api_url}/{path}/{quote(file.name, safe='')}",
            headers={**headers(connection), "Content-Type": file.media or "application/octet-stream"},
            content=content,
        )
    if accepted(connection, reply).status != 200:
        raise Rejected(refusal(reply))
    return True


def _fit(file: File, size: int) -> None:
    """Raises `Rejected` for a file that Xero would not take."""
    unfit = sorted({mark for mark in file.name if mark in _FORBIDDEN or not mark.isprintable()})
    if unfit or not file.name.strip(". "):
        raise Rejected(
            Problem(
                cause="attachment-name-unfit",
                what=f"The file {file.name!r} is not attached: Xero does not take its name.",
                why=f"It contains {' '.join(map(repr, unfit))}." if unfit else "It has no name.",
                fix="Rename the file at the source.",
                about=file.name,
            )
        )
    if not 0 < size <= _BYTES:
        raise Rejected(
            Problem(
                cause="attachment-size-unfit",
                what=f"The file {file.name} is not attached: it has {size:,} bytes.",
                why=f"Xero takes files of 1 to {_BYTES:,} bytes.",
                fix="Make the file smaller at the source, or attach it in Xero by hand.",
                about=file.name,
            )
        )
