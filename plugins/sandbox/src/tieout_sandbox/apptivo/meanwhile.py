"""People who go on working while somebody reads: edits that happen between the pages of a list."""

from collections.abc import Callable
from typing import Any

from tieout_sandbox.apptivo.layout import App, Layout

_KEYS = {"collection", "every", "each", "edits"}


class Meanwhile:
    """Edits waiting their turn: after every so many list calls of an app, the next few of them happen."""

    def __init__(self, layout: Layout, edit: Callable[[dict[str, Any]], object]) -> None:
        self._layout = layout
        self._edit = edit
        self._waiting: dict[str, list[dict[str, Any]]] = {}
        self._pace: dict[str, tuple[int, int]] = {}
        self._calls: dict[str, int] = {}

    def plan(self, given: Any) -> dict[str, Any]:
        """Take in a script `{"collection", "every", "each", "edits"}`; it takes the place of the app's last one.

        Raises `ValueError` when it makes no sense and `LookupError` when there is no such app.
        """
        if not isinstance(given, dict) or not given.keys() <= _KEYS or not isinstance(given.get("edits"), list):
            raise ValueError('a script is {"collection", "every", "each", "edits": [...]}')
        pace = (given.get("every", 1), given.get("each", 1))
        if not all(type(number) is int and number > 0 for number in pace):
            raise ValueError("every and each are whole numbers from 1")
        collection = self._layout.app(str(given.get("collection"))).collection
        self._waiting[collection] = [{"collection": collection, **edit} for edit in given["edits"]]
        self._pace[collection] = pace
        self._calls[collection] = 0
        return self.left()

    def left(self) -> dict[str, Any]:
        """How many edits of each app still wait."""
        return {collection: len(edits) for collection, edits in self._waiting.items()}

    def listed(self, app: App | None) -> None:
        """A list of an app has been read: let happen what is due."""
        collection = app.collection if app else ""
        if not self._waiting.get(collection):
            return
        self._calls[collection] += 1
        every, each = self._pace[collection]
        if self._calls[collection] % every:
            return
        due, self._waiting[collection] = self._waiting[collection][:each], self._waiting[collection][each:]
        for edit in due:
            self._edit(edit)

    def clear(self) -> None:
        """Forget every script."""
        self._waiting.clear()
