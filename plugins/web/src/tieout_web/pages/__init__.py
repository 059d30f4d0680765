"""The pages, in the order of the navigation."""

from tieout_web.page import Page
from tieout_web.pages import (
    attention,
    conflicts,
    connections,
    home,
    matches,
    preview,
    reconcile,
    record,
    runs,
    settings,
    start,
    sync,
)

PAGES: tuple[Page, ...] = (
    home.page,
    preview.page,
    sync.page,
    attention.page,
    matches.page,
    conflicts.page,
    runs.page,
    reconcile.page,
    record.page,
    settings.page,
    connections.page,
    connections.callback,
    start.page,
)
