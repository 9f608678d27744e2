"""Checking the size and the checksum of a file on the disk."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from refsheet_tui import paths
from refsheet_tui.errors import StorageError, WeightsError
from refsheet_tui.i18n import N_, _
from refsheet_tui.weights.findings import CheckResult, Finding
from refsheet_tui.weights.hashing import sha256
from refsheet_tui.weights.manifest import ChecksumSource, Manifest, ManifestEntry

_AGAIN = N_("Download it again.")
_NEVER_VERIFIED_NS = 0
_SOURCE_TEXTS = {
    "catalogue": N_("matches the catalog"),
    "hub": N_("matches the checksum from Hugging Face"),
    "first sight": N_("unchanged since first seen (no published checksum)"),
}


@dataclass(frozen=True)
class LocalFile:
    """A file on the disk, and its expected size and checksum.

    Attributes:
        path: The file.
        name: Its name in the manifest.
        manifest: The manifest, which may know the file.
        bytes: Its size by the catalog; None if the catalog doesn't say.
        sha256: Its checksum by the catalog; None if the catalog doesn't say.
    """

    path: Path
    name: str
    manifest: Manifest
    bytes: int | None = None
    sha256: str | None = None

    @classmethod
    def outside_store(cls, path: Path) -> LocalFile:
        """Return a file that this program did not download; nothing is written beside it."""
        # A URI is plain ASCII, whatever bytes the path consists of.
        return cls(path, paths.absolute_path(path).as_uri(), Manifest.for_other_files())

    @property
    def manifest_entry(self) -> ManifestEntry | None:
        """The file's entry in the manifest; None if it has none."""
        return self.manifest.get_entry(self.name)

    @property
    def source(self) -> ChecksumSource:
        """The source of the expected checksum."""
        if self.sha256 is not None:
            return "catalogue"
        return self.manifest_entry.source if self.manifest_entry else "first sight"

    @property
    def expected_bytes(self) -> int | None:
        """The size that the file should have; None if it is unknown."""
        return self.bytes or (self.manifest_entry.bytes if self.manifest_entry else None)

    @property
    def expected_sha256(self) -> str | None:
        """The checksum that the file should have; None if it is unknown."""
        return self.sha256 or (self.manifest_entry.sha256 if self.manifest_entry else None)


def check_size(kept: LocalFile) -> Finding:
    """Compare the size of a file with the expected one. Raises `WeightsError` if it differs."""
    found, wanted = kept.path.stat().st_size, kept.expected_bytes
    if wanted is None:
        return Finding(
            _("{count} bytes (no published size)").format(count=f"{found:,}"),
            CheckResult.NOTED,
        )
    if found != wanted:
        raise WeightsError(
            _("The file has {found} bytes instead of {wanted}.").format(
                found=f"{found:,}", wanted=f"{wanted:,}"
            ),
            _(_AGAIN),
        )
    return Finding(_("{count} bytes").format(count=f"{found:,}"))


def check_unchanged(kept: LocalFile) -> Finding:
    """Find out if a file was written to since its checksum was last verified."""
    known = kept.manifest_entry
    if known is None or known.sha256 != kept.expected_sha256:
        return Finding(
            _("checksum not verified yet (run 'refsheet models verify')"), CheckResult.NOTED
        )
    if known.changed_ns != kept.path.stat().st_mtime_ns:
        return Finding(_("changed since the checksum was verified"), CheckResult.NOTED)
    return Finding(_("unchanged since the checksum was verified"))


def check_sum(kept: LocalFile, on_bytes: Callable[[int], None]) -> Finding:
    """Compute the SHA-256 of a file, compare it with the expected one, and record it.

    Raises `WeightsError` if it differs, and `OSError`.
    """
    wanted, source = kept.expected_sha256, kept.source
    found = sha256(kept.path, on_bytes)
    if wanted is not None and found != wanted:
        _forget_verification(kept)
        raise WeightsError(
            _("The SHA-256 is {found} instead of {wanted}.").format(found=found, wanted=wanted),
            _(_AGAIN),
        )
    words = f"SHA-256 {found}, {_(_SOURCE_TEXTS[source])}"
    if not _add_to_manifest(kept, found, source):
        words += _("; this result couldn't be saved")
    return Finding(words, CheckResult.NOTED if source == "first sight" else CheckResult.GOOD)


def _forget_verification(kept: LocalFile) -> None:
    """Record that the checksum is wrong now, so that a download doesn't trust the manifest."""
    if kept.manifest_entry is not None:
        with suppress(StorageError):
            kept.manifest.set_entry(
                kept.name, replace(kept.manifest_entry, changed_ns=_NEVER_VERIFIED_NS)
            )


def _add_to_manifest(kept: LocalFile, found: str, source: ChecksumSource) -> bool:
    status, known = kept.path.stat(), kept.manifest_entry
    now = ManifestEntry(status.st_size, found, source, status.st_mtime_ns)
    if known is not None:
        now = replace(now, repository=known.repository, revision=known.revision)
    try:
        kept.manifest.set_entry(kept.name, now)
    except StorageError:
        return False
    return True
