"""Faults that are planted into the program, one at a time, to see that the seeds find them."""

from contextlib import contextmanager
from unittest.mock import patch

from tieout.engine.outbox import TRIES, Outbox
from tieout.ledger import Ledger

_writing = Ledger.writing


def _sent_again_unseen(outbox, sending, error):
    """An unknown outcome is answered by a new batch under a new key, without a look."""
    sending.tries += 1
    if sending.tries >= TRIES:
        raise error
    outbox._again(sending, {step.key for step in sending.steps})


def _taken_as_never_sent(outbox, sending):
    """A batch of a dead run is closed as if nothing of it had happened."""
    outbox.receipts.refuse(sending)


PLANTED = {
    "an unknown outcome is retried without a look-up": lambda: patch.object(Outbox, "_recover", _sent_again_unseen),
    "the fencing token is ignored": lambda: patch.object(Ledger, "writing", lambda ledger, *leases: _writing(ledger)),
    "a dead run's batches are taken as never sent": lambda: patch.object(Outbox, "settle", _taken_as_never_sent),
}


@contextmanager
def planted(fault):
    """Plant one fault for a block."""
    with PLANTED[fault]():
        yield
