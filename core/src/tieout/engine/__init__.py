"""A run, step by step: read, decide, send, take in what came back."""

from tieout.engine.engine import Approve, Engine, Run

__all__ = ["Approve", "Engine", "Run"]
