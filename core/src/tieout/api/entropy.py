"""The one source of chance: ids, nonces and spread."""

from __future__ import annotations

import os
import random
import string

_LETTERS = string.ascii_letters + string.digits


class Entropy:
    """Gives random values that nobody can foretell; a simulation gives those of a seed instead."""

    def bytes(self, size: int) -> bytes:
        """Return so many random bytes."""
        return os.urandom(size)

    def hex(self, size: int) -> str:
        """Return so many random bytes as lower-case hexadecimal digits."""
        return self.bytes(size).hex()

    def token(self, length: int) -> str:
        """Return a random text of so many letters and digits."""
        # 62 letters do not divide 256, so a byte above the last whole multiple would favour the first ones
        letters = ""
        while len(letters) < length:
            letters += "".join(_LETTERS[byte % 62] for byte in self.bytes(2 * length) if byte < 248)
        return letters[:length]

    def between(self, low: float, high: float) -> float:
        """Return a number from `low` to `high`, for spreading retries; it keeps no secret."""
        return random.uniform(low, high)  # noqa: S311 spread, not secrecy
