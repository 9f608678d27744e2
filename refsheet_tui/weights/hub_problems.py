"""Explaining the errors of downloads to the user."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import httpx2
from huggingface_hub.errors import (
    EntryNotFoundError,
    FileMetadataError,
    GatedRepoError,
    HfHubHTTPError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from refsheet_tui.errors import DownloadError
from refsheet_tui.file_io import is_disk_full
from refsheet_tui.i18n import N_, _
from refsheet_tui.untrusted import one_line
from refsheet_tui.weights.catalog import CatalogEntry, RemoteFile

TRY_AGAIN = N_("Try again; the download will resume.")

_SERVER_ERRORS, _TOO_MANY_REQUESTS = 500, 429


@contextmanager
def translate_hub_errors(entry: CatalogEntry, file: RemoteFile) -> Iterator[None]:
    """Raise `DownloadError` in place of every error of huggingface_hub and the system."""
    try:
        yield
    except DownloadError:
        raise
    except (HfHubHTTPError, FileMetadataError, OfflineModeIsEnabled) as error:
        raise _error_for_refusal(entry, file, error) from error
    except httpx2.ProxyError as error:
        raise DownloadError(
            _("The proxy refused the connection: {reason}.").format(reason=_reason(error)),
            _("Check HTTPS_PROXY and HTTP_PROXY, or unset them."),
        ) from error
    except (httpx2.InvalidURL, httpx2.UnsupportedProtocol) as error:
        raise DownloadError(
            _("The Hugging Face address isn't valid: {reason}.").format(reason=_reason(error)),
            _("Correct HF_ENDPOINT (for example, https://huggingface.co), or unset it."),
        ) from error
    except httpx2.HTTPError as error:
        raise DownloadError(
            _("Can't reach Hugging Face: {reason}.").format(reason=_reason(error)),
            _("Check your connection. {again}").format(again=_(TRY_AGAIN)),
        ) from error
    except OSError as error:
        raise _error_for_write(file, error) from error
    except ValueError as error:  # too large for plain HTTP, or a header that isn't a number
        raise DownloadError(
            _("Can't download {file}: {reason}.").format(file=file.file, reason=_reason(error)),
            _(TRY_AGAIN),
        ) from error


@contextmanager
def translate_setup_errors() -> Iterator[None]:
    """Raise `DownloadError` in place of an error before any request is sent.

    Examples are a proxy of an unknown kind, and missing certificates.
    """
    try:
        yield
    except (ImportError, ValueError, FileNotFoundError, PermissionError) as error:
        raise DownloadError(
            _("The network settings don't work: {reason}.").format(reason=_reason(error)),
            _("Check HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, and SSL_CERT_FILE, or unset them."),
        ) from error


def _error_for_refusal(entry: CatalogEntry, file: RemoteFile, error: Exception) -> DownloadError:
    page = f"https://huggingface.co/{file.repository}"
    if isinstance(error, OfflineModeIsEnabled):
        return DownloadError(_("HF_HUB_OFFLINE turns the network off."), _("Unset it to download."))
    if isinstance(error, GatedRepoError):
        remedy = (
            _(
                "Accept the terms at {page} and log in with 'hf auth login' or HF_TOKEN, "
                "or use '{instead}', which needs neither."
            )
            if entry.instead
            else _("Accept the terms at {page} and log in with 'hf auth login' or HF_TOKEN.")
        )
        return DownloadError(
            _("{repository} is gated: you must accept the publisher's terms first.").format(
                repository=file.repository
            ),
            remedy.format(page=page, instead=entry.instead),
        )
    if isinstance(error, RevisionNotFoundError):
        return DownloadError(
            _("Hugging Face has no revision {revision} of {repository}.").format(
                revision=file.revision, repository=file.repository
            ),
            _("Correct the revision in catalog.yaml, or remove it to use the latest."),
        )
    if isinstance(error, EntryNotFoundError):
        return DownloadError(
            _("{repository} doesn't contain {file}.").format(
                repository=file.repository, file=file.file
            ),
            _("Check the files at {page}, and correct catalog.yaml.").format(page=page),
        )
    if isinstance(error, RepositoryNotFoundError):
        return DownloadError(
            _("{repository} doesn't exist on Hugging Face, or it is private.").format(
                repository=file.repository
            ),
            _("Check {page}, or log in with 'hf auth login' or HF_TOKEN.").format(page=page),
        )
    if isinstance(error, HfHubHTTPError):
        return _error_for_status(file, error.response.status_code)
    return not_a_hub_error(_reason(error))


def not_a_hub_error(reason: str) -> DownloadError:
    """Return the error for an answer that doesn't come from Hugging Face; `reason` explains it."""
    return DownloadError(
        _("Unexpected response from Hugging Face: {reason}.").format(reason=reason),
        _("Check HF_ENDPOINT, your proxy, and whether your network requires you to log in."),
    )


def _error_for_status(file: RemoteFile, status: int) -> DownloadError:
    if status == _TOO_MANY_REQUESTS:
        return DownloadError(
            _("Hugging Face received too many requests from you (429)."),
            _("Wait a few minutes, or log in with 'hf auth login'. {again}").format(
                again=_(TRY_AGAIN)
            ),
        )
    if status >= _SERVER_ERRORS:
        return DownloadError(
            _("Hugging Face has a server problem ({status}).").format(status=status),
            _("Wait a few minutes. {again}").format(again=_(TRY_AGAIN)),
        )
    if status in (401, 403):
        return DownloadError(
            _("Hugging Face denied access to {repository} ({status}).").format(
                repository=file.repository, status=status
            ),
            _(
                "Check HF_TOKEN, or log in with 'hf auth login'. The token may have "
                "expired or lack access to this repository."
            ),
        )
    return DownloadError(
        _("Hugging Face returned {status} for {file}.").format(status=status, file=file.file),
        _(TRY_AGAIN),
    )


def _error_for_write(file: RemoteFile, error: OSError) -> DownloadError:
    if is_disk_full(error):
        return DownloadError(
            _("No space left for {file}: {reason}.").format(file=file.file, reason=error.strerror),
            _("Free up some space. {again}").format(again=_(TRY_AGAIN)),
        )
    if error.errno is None:  # by huggingface_hub: the length differs from the one announced
        return DownloadError(
            _("{file} wasn't downloaded completely.").format(file=file.file), _(TRY_AGAIN)
        )
    return DownloadError(
        _("Can't write {file}: {reason}.").format(file=file.file, reason=error.strerror),
        _("Check the folder's permissions, or change models_dir in config.yaml."),
    )


def _reason(error: Exception) -> str:
    return one_line(str(error)).strip().rstrip(".") or type(error).__name__
