"""The audit stamps of Apptivo: `MM/dd/yyyy HH:mm:ss` on a server clock of UTC+5:30 (facts/apptivo.md 3.3)."""

from datetime import UTC, datetime, timedelta, timezone

_ZONE = timezone(timedelta(hours=5, minutes=30))
_FORM = "%m/%d/%Y %H:%M:%S"
_FORMS = (_FORM, "%m/%d/%Y", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d")


def stamp(moment: datetime) -> str:
    """An aware moment as Apptivo writes it."""
    return moment.astimezone(_ZONE).strftime(_FORM)


def moment(text: object) -> datetime:
    """The moment of a stamp, aware and in UTC; what is no stamp counts as older than everything."""
    for form in _FORMS:
        try:
            return datetime.strptime(str(text), form).replace(tzinfo=_ZONE).astimezone(UTC)
        except ValueError:
            continue
    return datetime(1, 1, 2, tzinfo=UTC)
