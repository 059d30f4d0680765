"""Writes: a list of records judged one by one, and how the answer tells what became of each.

Source: docs/facts/xero.md, "Answers to a batch".
"""

from collections.abc import Sequence
from typing import Protocol

from tieout_sandbox.xero.books import Books
from tieout_sandbox.xero.endpoint import Way
from tieout_sandbox.xero.findings import Findings, messages
from tieout_sandbox.xero.problems import invalid
from tieout_sandbox.xero.table import Record


class Written(Protocol):
    """What is written record by record: an endpoint, or a list below one record of an endpoint."""

    @property
    def id_field(self) -> str:
        """The field of its id."""

    @property
    def error_flag(self) -> str | None:
        """The field that tells of errors."""

    @property
    def books(self) -> Books:
        """Where its records are."""

    def write(self, element: Record, way: Way, findings: Findings) -> Record | None:
        """Save a record and return it as stored; None, and nothing done, when the findings have errors."""

    def single(self, record: Record, places: int) -> Record:
        """A record as the answer to a write or a read of it alone has it."""


def write_each(resource: Written, elements: Sequence[Record], way: Way) -> list[Record]:
    """Write every record that can be written; each in the answer says how it went (`summarizeErrors=false`)."""
    resource.books.begin()
    answer = []
    for element in elements:
        findings = Findings()
        stored = resource.write(element, way, findings)
        if stored is None:
            answer.append({**_refused(resource, element, findings), "StatusAttributeString": "ERROR"})
            continue
        status: Record = {"StatusAttributeString": "WARNING" if findings.warnings else "OK"}
        if resource.error_flag:
            status[resource.error_flag] = False
        if findings.warnings:
            status["Warnings"] = messages(findings.warnings)
        answer.append({**resource.single(stored, way.places), **status})
    return answer


def write_all(resource: Written, elements: Sequence[Record], way: Way) -> list[Record]:
    """Write all records, or none.

    Raises `Problem` (400, ValidationException) with the refused ones.
    """
    resource.books.begin()
    answer, refused = [], []
    for element in elements:
        findings = Findings()
        stored = resource.write(element, way, findings)
        if stored is None:
            refused.append(_refused(resource, element, findings))
        elif findings.warnings:
            answer.append({**resource.single(stored, way.places), "Warnings": messages(findings.warnings)})
        else:
            answer.append(resource.single(stored, way.places))
    if refused:
        resource.books.undo()
        raise invalid(refused)
    return answer


def _refused(resource: Written, element: Record, findings: Findings) -> Record:
    answer = {**element, resource.id_field: findings.identity}
    if resource.error_flag:
        answer[resource.error_flag] = True
    answer["ValidationErrors"] = messages(findings.errors)
    if findings.warnings:
        answer["Warnings"] = messages(findings.warnings)
    return answer
