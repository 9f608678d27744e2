"""What can go wrong between here and the hub, as a person should hear it."""

from __future__ import annotations

import errno
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
from refsheet_tui.i18n import N_, _
from refsheet_tui.untrusted import one_line
from refsheet_tui.weights.catalog import Entry, RemoteFile

AGAIN = N_("Try again: it goes on where it stopped.")

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_SERVER_ERRORS, _TOO_MANY_REQUESTS = 500, 429


@contextmanager
def problem_of(entry: Entry, file: RemoteFile) -> Iterator[None]:
    """Raises `DownloadError` for everything that huggingface_hub and the system raise."""
    try:
        yield
    except DownloadError:
        raise
    except (HfHubHTTPError, FileMetadataError, OfflineModeIsEnabled) as error:
        raise _refused(entry, file, error) from error
    except httpx2.ProxyError as error:
        raise DownloadError(
            _("The proxy refused the connection: {reason}.").format(reason=_words(error)),
            _("Check HTTPS_PROXY and HTTP_PROXY, or unset them."),
        ) from error
    except (httpx2.InvalidURL, httpx2.UnsupportedProtocol) as error:
        raise DownloadError(
            _("The hub's address is not one: {reason}.").format(reason=_words(error)),
            _("Correct HF_ENDPOINT, for example https://huggingface.co, or unset it."),
        ) from error
    except httpx2.HTTPError as error:
        raise DownloadError(
            _("The connection to the hub was lost: {reason}.").format(reason=_words(error)),
            _("Check the network. {again}").format(again=_(AGAIN)),
        ) from error
    except OSError as error:
        raise _unwritten(file, error) from error
    except ValueError as error:  # too large for plain HTTP, or a header that is no number
        raise DownloadError(
            _("{file} can't be fetched: {reason}.").format(file=file.file, reason=_words(error)),
            _(AGAIN),
        ) from error


@contextmanager
def set_up_problem() -> Iterator[None]:
    """Raises `DownloadError` for what keeps anything from being asked at all: a proxy of an unknown
    kind, certificates that are not there."""
    try:
        yield
    except (ImportError, ValueError, FileNotFoundError, PermissionError) as error:
        raise DownloadError(
            _("The network can't be used as it is set up: {reason}.").format(reason=_words(error)),
            _("Check HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and SSL_CERT_FILE, or unset them."),
        ) from error


def _refused(entry: Entry, file: RemoteFile, error: Exception) -> DownloadError:
    page = f"https://huggingface.co/{file.repository}"
    if isinstance(error, OfflineModeIsEnabled):
        return DownloadError(
            _("The network is switched off by HF_HUB_OFFLINE."), _("Unset it to download.")
        )
    if isinstance(error, GatedRepoError):
        remedy = (
            _(
                "Accept them on {page}, and log in with 'hf auth login' or HF_TOKEN, or take "
                "'{instead}', which needs neither."
            )
            if entry.instead
            else _("Accept them on {page}, and log in with 'hf auth login' or HF_TOKEN.")
        )
        return DownloadError(
            _("{repository} is gated: its publisher wants you to accept the terms first.").format(
                repository=file.repository
            ),
            remedy.format(page=page, instead=entry.instead),
        )
    if isinstance(error, RevisionNotFoundError):
        return DownloadError(
            _("The hub has no revision {revision} of {repository}.").format(
                revision=file.revision, repository=file.repository
            ),
            _("Correct it in catalog.yaml, or leave it out to take the newest."),
        )
    if isinstance(error, EntryNotFoundError):
        return DownloadError(
            _("{repository} has no file {file}.").format(
                repository=file.repository, file=file.file
            ),
            _("Look at {page} for its files, and correct catalog.yaml.").format(page=page),
        )
    if isinstance(error, RepositoryNotFoundError):
        return DownloadError(
            _("The hub has no repository {repository}, or shows it to its members alone.").format(
                repository=file.repository
            ),
            _("Look at {page}, or log in with 'hf auth login' or HF_TOKEN.").format(page=page),
        )
    if isinstance(error, HfHubHTTPError):
        return _status(file, error.response.status_code)
    return no_hub(_words(error))


def no_hub(why: str) -> DownloadError:
    """Something answers, but it is no hub."""
    return DownloadError(
        _("What answers for the hub is none: {reason}.").format(reason=why),
        _("Check HF_ENDPOINT, the proxy, and whether the network wants you to log in first."),
    )


def _status(file: RemoteFile, status: int) -> DownloadError:
    if status == _TOO_MANY_REQUESTS:
        return DownloadError(
            _("The hub has had too many requests from here (429)."),
            _("Wait some minutes, or log in with 'hf auth login'. {again}").format(again=_(AGAIN)),
        )
    if status >= _SERVER_ERRORS:
        return DownloadError(
            _("The hub has a problem of its own ({status}).").format(status=status),
            _("Wait some minutes. {again}").format(again=_(AGAIN)),
        )
    if status in (401, 403):
        return DownloadError(
            _("The hub refuses {repository} ({status}).").format(
                repository=file.repository, status=status
            ),
            _(
                "Check HF_TOKEN, or log in with 'hf auth login': the token may have "
                "ended, or may not read this repository."
            ),
        )
    return DownloadError(
        _("The hub answered {status} to {file}.").format(status=status, file=file.file), _(AGAIN)
    )


def _unwritten(file: RemoteFile, error: OSError) -> DownloadError:
    if error.errno in _NO_ROOM:
        return DownloadError(
            _("There is no room left for {file}: {reason}.").format(
                file=file.file, reason=error.strerror
            ),
            _("Free some space. {again}").format(again=_(AGAIN)),
        )
    if error.errno is None:  # huggingface_hub's own: the length is not the one announced
        return DownloadError(_("{file} did not arrive whole.").format(file=file.file), _(AGAIN))
    return DownloadError(
        _("{file} can't be written: {reason}.").format(file=file.file, reason=error.strerror),
        _("Check the permissions of the folder, or set models_dir in config.yaml."),
    )


def _words(error: Exception) -> str:
    return one_line(str(error)).strip().rstrip(".") or type(error).__name__
