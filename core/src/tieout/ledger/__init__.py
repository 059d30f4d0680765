"""What Tieout remembers, in one database: tables and their versions, who may write, and for how long."""

from tieout.ledger.ledger import Ledger, chunks

__all__ = ["Ledger", "chunks"]
