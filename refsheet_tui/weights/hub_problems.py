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
from refsheet_tui.text import one_line
from refsheet_tui.weights.catalog import Entry, RemoteFile

AGAIN = "Try again: it goes on where it stopped."

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
            f"The proxy refused the connection: {_words(error)}.",
            "Check HTTPS_PROXY and HTTP_PROXY, or unset them.",
        ) from error
    except (httpx2.InvalidURL, httpx2.UnsupportedProtocol) as error:
        raise DownloadError(
            f"The hub's address is not one: {_words(error)}.",
            "Correct HF_ENDPOINT, for example https://huggingface.co, or unset it.",
        ) from error
    except httpx2.HTTPError as error:
        raise DownloadError(
            f"The connection to the hub was lost: {_words(error)}.", f"Check the network. {AGAIN}"
        ) from error
    except OSError as error:
        raise _unwritten(file, error) from error
    except ValueError as error:  # too large for plain HTTP, or a header that is no number
        raise DownloadError(f"{file.file} can't be fetched: {_words(error)}.", AGAIN) from error


@contextmanager
def set_up_problem() -> Iterator[None]:
    """Raises `DownloadError` for what keeps anything from being asked at all: a proxy of an unknown
    kind, certificates that are not there."""
    try:
        yield
    except (ImportError, ValueError, FileNotFoundError, PermissionError) as error:
        raise DownloadError(
            f"The network can't be used as it is set up: {_words(error)}.",
            "Check HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and SSL_CERT_FILE, or unset them.",
        ) from error


def _refused(entry: Entry, file: RemoteFile, error: Exception) -> DownloadError:
    page = f"https://huggingface.co/{file.repository}"
    if isinstance(error, OfflineModeIsEnabled):
        return DownloadError(
            "The network is switched off by HF_HUB_OFFLINE.", "Unset it to download."
        )
    if isinstance(error, GatedRepoError):
        instead = f", or take '{entry.instead}', which needs neither" if entry.instead else ""
        return DownloadError(
            f"{file.repository} is gated: its publisher wants you to accept the terms first.",
            f"Accept them on {page}, and log in with 'hf auth login' or HF_TOKEN{instead}.",
        )
    if isinstance(error, RevisionNotFoundError):
        return DownloadError(
            f"The hub has no revision {file.revision} of {file.repository}.",
            "Correct it in catalog.yaml, or leave it out to take the newest.",
        )
    if isinstance(error, EntryNotFoundError):
        return DownloadError(
            f"{file.repository} has no file {file.file}.",
            f"Look at {page} for its files, and correct catalog.yaml.",
        )
    if isinstance(error, RepositoryNotFoundError):
        return DownloadError(
            f"The hub has no repository {file.repository}, or shows it to its members alone.",
            f"Look at {page}, or log in with 'hf auth login' or HF_TOKEN.",
        )
    if isinstance(error, HfHubHTTPError):
        return _status(file, error.response.status_code)
    return no_hub(_words(error))


def no_hub(why: str) -> DownloadError:
    """Something answers, but it is no hub."""
    return DownloadError(
        f"What answers for the hub is none: {why}.",
        "Check HF_ENDPOINT, the proxy, and whether the network wants you to log in first.",
    )


def _status(file: RemoteFile, status: int) -> DownloadError:
    if status == _TOO_MANY_REQUESTS:
        return DownloadError(
            "The hub has had too many requests from here (429).",
            f"Wait some minutes, or log in with 'hf auth login'. {AGAIN}",
        )
    if status >= _SERVER_ERRORS:
        return DownloadError(
            f"The hub has a problem of its own ({status}).", f"Wait some minutes. {AGAIN}"
        )
    if status in (401, 403):
        return DownloadError(
            f"The hub refuses {file.repository} ({status}).",
            "Check HF_TOKEN, or log in with 'hf auth login': the token may have ended, or may not "
            "read this repository.",
        )
    return DownloadError(f"The hub answered {status} to {file.file}.", AGAIN)


def _unwritten(file: RemoteFile, error: OSError) -> DownloadError:
    if error.errno in _NO_ROOM:
        return DownloadError(
            f"There is no room left for {file.file}: {error.strerror}.",
            f"Free some space. {AGAIN}",
        )
    if error.errno is None:  # huggingface_hub's own: the length is not the one announced
        return DownloadError(f"{file.file} did not arrive whole.", AGAIN)
    return DownloadError(
        f"{file.file} can't be written: {error.strerror}.",
        "Check the permissions of the folder, or set models_dir in config.yaml.",
    )


def _words(error: Exception) -> str:
    return one_line(str(error)).strip().rstrip(".") or type(error).__name__
