"""What a probe proposed, kept beside the configuration once a person has agreed."""

from __future__ import annotations

from pathlib import Path

from tieout.api.contract import Proposal
from tieout.api.errors import ContractError
from tieout.host import config as configuration
from tieout.host import paper


def keep(config: Path, connection: str, proposal: Proposal) -> tuple[Path, ...]:
    """Write the files of a proposal, and then its settings into the connection's section; the files come back.

    Each file is there as a whole or not at all, and the configuration never names one that is not there. Raises
    `ContractError` for a file that would lie elsewhere.
    """
    for name in proposal.files:
        if not name or Path(name).name != name or name == config.name:
            raise ContractError(f"a probe of {connection} proposed the file {name!r}, which is not its own to write")
    written = []
    for name, text in proposal.files.items():
        path = config.absolute().parent / name
        paper.write(path, text)
        written.append(path)
    for key, value in proposal.settings.items():
        configuration.set_connection(config, connection, key, value)
    return tuple(written)
