"""Relative times, such as "2 hours ago"."""

from __future__ import annotations

from datetime import datetime

from refsheet_tui.i18n import _, ngettext

_MINUTE, _HOUR, _DAY = 60, 3600, 86400


def relative_time(then: float, now: float) -> str:
    """Return how long ago `then` was. Both times are in seconds since 1970."""
    elapsed = now - then
    if elapsed < _MINUTE:
        return _("just now")
    if elapsed < _HOUR:
        minutes = int(elapsed // _MINUTE)
        return ngettext("{count} minute ago", "{count} minutes ago", minutes).format(count=minutes)
    days = (datetime.fromtimestamp(now).date() - datetime.fromtimestamp(then).date()).days
    if days == 0 or elapsed < _DAY / 2:
        hours = int(elapsed // _HOUR)
        return ngettext("{count} hour ago", "{count} hours ago", hours).format(count=hours)
    if days == 1:
        return _("yesterday")
    if days < 7:
        return ngettext("{count} day ago", "{count} days ago", days).format(count=days)
    return f"{datetime.fromtimestamp(then):%Y-%m-%d}"
