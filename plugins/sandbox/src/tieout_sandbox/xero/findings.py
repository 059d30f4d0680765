"""What is wrong with one record of a call: errors refuse it, warnings let it pass with something dropped."""

from dataclasses import dataclass, field

from tieout_sandbox.xero.table import Record

NO_ID = "00000000-0000-0000-0000-000000000000"


class Refused(ValueError):
    """One reason why a record cannot be saved, in Xero's words."""


@dataclass(slots=True)
class Findings:
    """The errors and warnings of one record, in the order in which they were found.

    `identity` is the record that it would have changed; all zeros for one that would have been new.
    """

    identity: str = NO_ID
    errors: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def refuse(self, message: str) -> None:
        """Note an error once."""
        if message not in self.errors:
            self.errors.append(message)

    def warn(self, message: str) -> None:
        """Note a warning once."""
        if message not in self.warnings:
            self.warnings.append(message)

    def limit(self, element: Record, lengths: dict[str, int]) -> None:
        """Refuse texts that are longer than their field."""
        for name, most in lengths.items():
            value = element.get(name)
            if isinstance(value, str) and len(value) > most:
                self.refuse(f"The {name} field must not be longer than {most} characters.")


def messages(texts: list[str]) -> list[Record]:
    """Errors or warnings in wire shape."""
    return [{"Message": text} for text in texts]
