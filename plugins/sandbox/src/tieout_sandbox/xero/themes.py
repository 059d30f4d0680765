"""Branding themes, which are read whole and never written (docs/facts/xero.md, "Branding themes")."""

from tieout_sandbox.xero.books import Books
from tieout_sandbox.xero.endpoint import Endpoint


class BrandingThemes(Endpoint):
    """The branding themes of one organisation."""

    plural, kind = "BrandingThemes", "BrandingTheme"
    filterable = False

    def __init__(self, books: Books) -> None:
        super().__init__(books, books.branding)
