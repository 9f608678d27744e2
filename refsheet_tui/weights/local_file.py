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

_DOWNLOAD_AGAIN = N_("Download it again.")
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


def check_size(local_file: LocalFile) -> Finding:
    """Compare the size of a file with the expected one. Raises `WeightsError` if it differs."""
    actual, expected = local_file.path.stat().st_size, local_file.expected_bytes
    if expected is None:
        return Finding(
            _("{count} bytes (no published size)").format(count=f"{actual:,}"),
            CheckResult.NOTED,
        )
    if actual != expected:
        raise WeightsError(
            _("The file has {found} bytes instead of {wanted}.").format(
                found=f"{actual:,}", wanted=f"{expected:,}"
            ),
            _(_DOWNLOAD_AGAIN),
        )
    return Finding(_("{count} bytes").format(count=f"{actual:,}"))


def check_unchanged(local_file: LocalFile) -> Finding:
    """Find out if a file was written to since its checksum was last verified."""
    entry = local_file.manifest_entry
    if entry is None or entry.sha256 != local_file.expected_sha256:
        return Finding(
            _("checksum not verified yet (run 'refsheet models verify')"), CheckResult.NOTED
        )
    if entry.changed_ns != local_file.path.stat().st_mtime_ns:
        return Finding(_("changed since the checksum was verified"), CheckResult.NOTED)
    return Finding(_("unchanged since the checksum was verified"))


def check_sha256(local_file: LocalFile, on_bytes: Callable[[int], None]) -> Finding:
    """Compute the SHA-256 of a file, compare it with the expected one, and record it.

    Raises `WeightsError` if it differs, and `OSError`.
    """
    expected, source = local_file.expected_sha256, local_file.source
    actual = sha256(local_file.path, on_bytes)
    if expected is not None and actual != expected:
        _forget_verification(local_file)
        raise WeightsError(
            _("The SHA-256 is {found} instead of {wanted}.").format(found=actual, wanted=expected),
            _(_DOWNLOAD_AGAIN),
        )
    message = f"SHA-256 {actual}, {_(_SOURCE_TEXTS[source])}"
    if not _add_to_manifest(local_file, actual, source):
        message += _("; this result couldn't be saved")
    return Finding(message, CheckResult.NOTED if source == "first sight" else CheckResult.GOOD)


def _forget_verification(local_file: LocalFile) -> None:
    """Record that the checksum is wrong now, so that a download doesn't trust the manifest."""
    if local_file.manifest_entry is not None:
        with suppress(StorageError):
            local_file.manifest.set_entry(
                local_file.name, replace(local_file.manifest_entry, changed_ns=_NEVER_VERIFIED_NS)
            )


def _add_to_manifest(local_file: LocalFile, actual_sha256: str, source: ChecksumSource) -> bool:
    status, old_entry = local_file.path.stat(), local_file.manifest_entry
    new_entry = ManifestEntry(status.st_size, actual_sha256, source, status.st_mtime_ns)
    if old_entry is not None:
        new_entry = replace(new_entry, repository=old_entry.repository, revision=old_entry.revision)
    try:
        local_file.manifest.set_entry(local_file.name, new_entry)
    except StorageError:
        return False
    return True
