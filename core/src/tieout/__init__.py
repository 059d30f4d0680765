"""Tieout keeps the records of a business system and the books of an accounting system in agreement, and proves it."""

__version__ = "0.1.0"
