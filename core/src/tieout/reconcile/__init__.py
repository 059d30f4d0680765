"""The proof: both sides read afresh and compared, record by record and to the cent."""

from tieout.reconcile.reconcile import Trace, tie_out

__all__ = ["Trace", "tie_out"]
