"""Dressing: what the settings of a flow add to a document: its branding theme and the tracking of its lines.

Both are given to what is new and left alone afterwards, because the books own them (docs/facts/xero.md, "Branding
themes", "Tracking categories").
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tieout import Document, Problem, Terms, Tracking, Wire

from tieout_xero.wire import fold


def dress(body: Wire, now: Wire | None, terms: Terms) -> tuple[Wire, list[Problem]]:
    """The body with what the settings fix, and what of that Xero does not have."""
    problems: list[Problem] = []
    tracking = list(_tracking(terms.settings.tracking, terms, problems))
    theme = _theme(terms.settings.branding_theme, terms, problems) if now is None else {}
    lines = [{"Tracking": tracking, **line} if tracking else line for line in body.get("LineItems") or ()]
    return {**theme, **body, **({"LineItems": lines} if lines else {})}, problems


def notes(document: Document, body: Wire) -> tuple[Problem, ...]:
    """What a body leaves out of a document because Xero would refuse it."""
    if not document.url or body.get("Url") or "Type" not in body:
        return ()
    return (
        Problem(
            cause="link-left-out",
            what="The link back to the record is left out; all else goes to Xero.",
            why='Xero takes whole addresses on the web, and none that contains the word "xero".',
            fix="Follow the record from the other side.",
            about=document.url,
        ),
    )


def _theme(chosen: str, terms: Terms, problems: list[Problem]) -> Wire:
    if not chosen:
        return {}
    for row in terms.rows("branding"):
        if row.active and chosen in (row.id, row.name):
            return {"BrandingThemeID": row.id}
    problems.append(
        Problem(
            cause="branding-unknown",
            what=f'Xero has no branding theme "{chosen}".',
            why="New documents of this flow are to be printed with it.",
            fix="Import again, and choose another branding theme of the flow.",
            about=chosen,
        )
    )
    return {}


def _tracking(asked: Mapping[str, str], terms: Terms, problems: list[Problem]) -> Iterator[Wire]:
    known = {fold(row.name): row for row in terms.rows("tracking") if isinstance(row, Tracking) and row.active}
    for name, option in asked.items():
        category = known.get(fold(name))
        options = {fold(one): one for one in category.options} if category else {}
        if category and fold(option) in options:
            yield {"Name": category.name, "Option": options[fold(option)]}
            continue
        problems.append(
            Problem(
                cause="tracking-unknown",
                what=f'Xero has no option "{option}" in a tracking category "{name}" that is in use.',
                why="The lines of this flow are tracked under it.",
                fix="Add or restore it in Xero and import again, or choose another one under tracking of the flow.",
                about=f"{name}: {option}",
            )
        )
