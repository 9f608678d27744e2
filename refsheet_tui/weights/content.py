"""Is a file, byte for byte, what it should be?"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from refsheet_tui import paths
from refsheet_tui.errors import StorageError, WeightsError
from refsheet_tui.i18n import N_, _
from refsheet_tui.weights.findings import Finding, Verdict
from refsheet_tui.weights.hashing import sha256
from refsheet_tui.weights.record import Known, Record, Source

_AGAIN = N_("Download it again.")
_NEVER = 0
_WHOSE = {
    "catalogue": N_("as the catalogue says"),
    "hub": N_("as the hub said when it was downloaded"),
    "first sight": N_("as it was when first seen; nobody has said what it should be"),
}


@dataclass(frozen=True)
class Kept:
    """A file on disk and what it should be, where that is known: by the catalogue or, under
    `name`, by the record."""

    path: Path
    name: str
    record: Record
    bytes: int | None = None
    sha256: str | None = None

    @classmethod
    def other(cls, path: Path) -> Kept:
        """Return a file that was not downloaded by this program; nothing is written beside it."""
        # A URI is plain ASCII, whatever bytes the path consists of.
        return cls(path, paths.absolute(path).as_uri(), Record.of_other_files())

    @property
    def known(self) -> Known | None:
        return self.record.get(self.name)

    @property
    def source(self) -> Source:
        """Whose word its sum is."""
        if self.sha256 is not None:
            return "catalogue"
        return self.known.source if self.known else "first sight"

    @property
    def expected_bytes(self) -> int | None:
        return self.bytes or (self.known.bytes if self.known else None)

    @property
    def expected_sum(self) -> str | None:
        return self.sha256 or (self.known.sha256 if self.known else None)


def check_size(kept: Kept) -> Finding:
    """Raises `WeightsError` when there are more bytes than there should be, or fewer."""
    found, wanted = kept.path.stat().st_size, kept.expected_bytes
    if wanted is None:
        return Finding(
            _("{count} bytes; nobody has said how many").format(count=f"{found:,}"), Verdict.NOTED
        )
    if found != wanted:
        raise WeightsError(
            _("It has {found} bytes, and should have {wanted}.").format(
                found=f"{found:,}", wanted=f"{wanted:,}"
            ),
            _(_AGAIN),
        )
    return Finding(_("{count} bytes").format(count=f"{found:,}"))


def check_unchanged(kept: Kept) -> Finding:
    """Whether the file was written to since its sum was last found right."""
    known = kept.known
    if known is None or known.sha256 != kept.expected_sum:
        return Finding(_("its sum was never computed: 'refsheet models verify'"), Verdict.NOTED)
    if known.changed_ns != kept.path.stat().st_mtime_ns:
        return Finding(_("it was written to since its sum was right"), Verdict.NOTED)
    return Finding(_("not written to since its sum was right"))


def check_sum(kept: Kept, on_bytes: Callable[[int], None]) -> Finding:
    """Compute the SHA-256, compare, and record it.

    Raises `WeightsError` when it is another than expected, `OSError`.
    """
    wanted, source = kept.expected_sum, kept.source
    found = sha256(kept.path, on_bytes)
    if wanted is not None and found != wanted:
        _doubted(kept)
        raise WeightsError(
            _("Its SHA-256 is {found}, and should be {wanted}.").format(found=found, wanted=wanted),
            _(_AGAIN),
        )
    words = f"SHA-256 {found}, {_(_WHOSE[source])}"
    if not _recorded(kept, found, source):
        words += _("; it could not be recorded")
    return Finding(words, Verdict.NOTED if source == "first sight" else Verdict.GOOD)


def _doubted(kept: Kept) -> None:
    """Its sum was right once, and isn't any more: a download is not to trust the record."""
    if kept.known is not None:
        with suppress(StorageError):
            kept.record.put(kept.name, replace(kept.known, changed_ns=_NEVER))


def _recorded(kept: Kept, found: str, source: Source) -> bool:
    status, known = kept.path.stat(), kept.known
    now = Known(status.st_size, found, source, status.st_mtime_ns)
    if known is not None:
        now = replace(now, repository=known.repository, revision=known.revision)
    try:
        kept.record.put(kept.name, now)
    except StorageError:
        return False
    return True
