"""The sandbox's only source of chance: ids and tokens."""

from base64 import urlsafe_b64encode
from random import Random, SystemRandom


class Entropy:
    """Makes ids and tokens: such as nobody guesses, or those of a seed, which are the same at every start."""

    def __init__(self, seed: int | str | None = None) -> None:
        self._seed = seed
        self._random = SystemRandom() if seed is None else Random(str(seed))

    def apart(self, name: str) -> "Entropy":
        """Another source, of the same seed, that neither moves this one nor is moved by it."""
        return Entropy(None if self._seed is None else f"{self._seed}/{name}")

    def id(self) -> str:
        """An id such as only the system itself makes: a random UUID."""
        digits = self.hex(16)
        variant = "89ab"[int(digits[16], 16) % 4]
        return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"

    def hex(self, size: int) -> str:
        """So many random bytes as hexadecimal digits in lower case."""
        return self._random.randbytes(size).hex()

    def token(self, size: int) -> str:
        """So many random bytes as text that may stand in an address."""
        return urlsafe_b64encode(self._random.randbytes(size)).decode().rstrip("=")
