"""Times, sizes and durations as people read them. Never rounds what is evidence: the exact value stands beside it.

China has one zone and has had no summer time since 1991, so Asia/Shanghai is a fixed offset here and needs no zone
database on the machine.
"""

from datetime import UTC, datetime, timedelta, timezone

from markupsafe import Markup

from integrity.clock import from_instant
from player.language import gettext as _

SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")
_UNITS = ("B", "kB", "MB", "GB", "TB", "PB")


def zone() -> str:
    """The zone's name, as it stands beside times."""
    return _("Beijing time")


def moment(at: datetime | None) -> Markup:
    """A time in Asia/Shanghai with its zone; a dash where there is none."""
    return _time(at, Markup(' <span class="zone">{}</span>').format(zone()))


def told(instant_text: str) -> Markup:
    """The same of a time as formats write it."""
    return moment(from_instant(instant_text))


def stamp(at: datetime | None) -> Markup:
    """A time in Asia/Shanghai for a column whose heading names the zone."""
    return _time(at, Markup(""))


def _time(at: datetime | None, suffix: Markup) -> Markup:
    if at is None:
        return Markup('<span class="none">—</span>')
    exact = at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    shown = at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")
    return Markup('<time datetime="{0}" title="{0}"><span class="clock-time">{1}</span>{2}</time>').format(
        exact, shown, suffix
    )


def from_local(text: str) -> datetime | None:
    """The instant a person typed into a date-and-time field, read as Asia/Shanghai; None for an empty field."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI) if text else None


def size(count: int | None) -> Markup:
    """A size in decimal units, the exact number of bytes as its title."""
    if count is None:
        return Markup('<span class="none">—</span>')
    value, unit = float(count), 0
    while value >= 999.5 and unit < len(_UNITS) - 1:
        value, unit = value / 1000, unit + 1
    digits = 0 if unit == 0 or value >= 99.5 else 1
    exact = _("%(count)s bytes") % {"count": f"{count:,}"}
    return Markup('<span class="figure" title="{}">{} {}</span>').format(exact, f"{value:.{digits}f}", _UNITS[unit])


def duration(milliseconds: int | None) -> Markup:
    """Hours, minutes, seconds and tenths; a dash where it is not known."""
    if milliseconds is None:
        return Markup('<span class="none">—</span>')
    tenths = (milliseconds + 50) // 100
    minutes, rest = divmod(tenths, 600)
    hours, minutes = divmod(minutes, 60)
    return Markup('<span class="figure">{}</span>').format(f"{hours:d}:{minutes:02d}:{rest // 10:02d}.{rest % 10}")


def gap(milliseconds: int | None) -> str:
    """A gap between two pieces of footage, or how far they overlap; a dash where nobody knows."""
    if milliseconds is None:
        return "—"
    seconds = f"{abs(milliseconds) / 1000:.1f}"
    return (_("gap of %(seconds)s s") if milliseconds >= 0 else _("overlap of %(seconds)s s")) % {"seconds": seconds}


def clock_offset(milliseconds: int | None) -> str:
    """How far a device's clock was from ours, signed."""
    return "—" if milliseconds is None else f"{milliseconds / 1000:+.3f} s"
