"""Asking Hugging Face for files and their sizes and checksums, through huggingface_hub.

The `hf_hub_download` of huggingface_hub can't resume after its process was killed, because it
writes to a new file name each time. `http_get` continues at the end of a file, so it is used here.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from types import TracebackType

# Nothing about this machine or the user is sent. huggingface_hub reads this when it is imported.
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"

from huggingface_hub import (
    HfFileMetadata,
    constants,
    get_hf_file_metadata,
    hf_hub_url,
    try_to_load_from_cache,
)
from huggingface_hub.errors import HfHubHTTPError
from huggingface_hub.file_download import http_get
from huggingface_hub.utils import (  # type: ignore[attr-defined]  # exported, and documented
    build_hf_headers,
    logging,
)

from refsheet_tui.i18n import _
from refsheet_tui.weights.catalog import CatalogEntry, RemoteFile
from refsheet_tui.weights.hub_problems import (
    not_a_hub_error,
    translate_hub_errors,
    translate_setup_errors,
)

_SHA256 = re.compile(r"[0-9a-f]{64}")
# Received data is written in chunks of this size, so a killed process loses at most one. The
# default of the library is 10 MiB.
_CHUNK_BYTES = 1 << 15
_SILENT = 50  # logging.CRITICAL
_DEFAULT_REVISION = "main"
_LIBRARY_NAME = "refsheet-tui"
_NO_SUCH_RANGE, _TOO_MANY_REQUESTS, _SERVER_ERRORS = 416, 429, 500


@dataclass(frozen=True)
class HubFileInfo:
    """The facts about a file that the hub gives.

    Attributes:
        file: The file.
        revision: The commit that the file is of; None if a mirror doesn't give it.
        size: Its size in bytes; None if the hub doesn't give it.
        sha256: Its checksum, in hexadecimal digits; None if the hub doesn't give it.
        etag: The identifier of its content; empty if the hub doesn't give it.
    """

    file: RemoteFile
    revision: str | None
    size: int | None
    sha256: str | None
    etag: str


def is_offline() -> bool:
    """Return True if `HF_HUB_OFFLINE` forbids the use of the network."""
    return constants.is_offline_mode()


def fetch_file_info(entry: CatalogEntry, file: RemoteFile) -> HubFileInfo:
    """Ask the hub about `file`, which belongs to `entry`. Raises `DownloadError`."""
    with translate_hub_errors(entry, file), translate_setup_errors(), _configure_library():
        try:
            metadata = _fetch_metadata(file, with_retries=False)
        except HfHubHTTPError as error:
            status = error.response.status_code
            if status != _TOO_MANY_REQUESTS and status < _SERVER_ERRORS:
                raise
            metadata = _fetch_metadata(file, with_retries=True)
        # A network with a login page answers every request.
        if metadata.commit_hash is None and not _is_pinned_file(file, metadata):
            raise not_a_hub_error(_("no file information received"))
    etag = metadata.etag or ""
    return HubFileInfo(
        file,
        metadata.commit_hash,
        metadata.size,
        etag if _SHA256.fullmatch(etag) else None,
        etag,
    )


def download_file(
    entry: CatalogEntry, file_info: HubFileInfo, partial: Path, on_bytes: Callable[[int], None]
) -> None:
    """Download the rest of a file, and append it to `partial`.

    `on_bytes` is called with the number of bytes of each chunk, and may raise an error to stop. The
    number is negative if the server starts again from the beginning.

    Raises `DownloadError`. The bytes that have arrived stay, so that the download can be resumed.
    """
    with (
        translate_hub_errors(entry, file_info.file),
        _configure_library(),
        partial.open("ab") as stream,
        _ignore_range_error(stream.tell()),
    ):
        http_get(
            _url(file_info.file, file_info.revision or file_info.file.revision),
            stream,
            resume_size=stream.tell(),
            headers={**_headers(), "Accept-Encoding": "identity"},
            expected_size=file_info.size,
            tqdm_class=_progress_bar_class(on_bytes, partial.stat().st_size),
        )


def _is_pinned_file(file: RemoteFile, metadata: HfFileMetadata) -> bool:
    """Return True if the catalog can prove a download, and the server has a file of its size.

    Some mirrors don't say which commit they have; the checksum is enough then.
    """
    if file.sha256 is None or file.bytes is None:
        return False
    if metadata.size is None and metadata.location != _url(file, file.revision):
        # Only the host that the mirror redirects to knows the size. It must not get the token.
        headers = build_hf_headers(library_name=_LIBRARY_NAME, token=False)
        try:
            metadata = get_hf_file_metadata(metadata.location, headers=headers)
        except HfHubHTTPError:
            return False
    return metadata.size == file.bytes


@contextmanager
def _ignore_range_error(existing_bytes: int) -> Iterator[None]:
    """Ignore the server's error for a range after the end: the file is complete already.

    This happens if the size is unknown and the whole file (`existing_bytes` bytes) arrived earlier.
    """
    try:
        yield
    except HfHubHTTPError as error:
        if not existing_bytes or error.response.status_code != _NO_SUCH_RANGE:
            raise


def find_in_cache(file: RemoteFile, revision: str | None) -> Path | None:
    """Return the file in the hub's cache, which all programs share; None if it is not there."""
    cached_path = try_to_load_from_cache(
        file.repository, file.file, revision=revision or _DEFAULT_REVISION
    )
    return Path(cached_path).resolve() if isinstance(cached_path, str) else None


def _fetch_metadata(file: RemoteFile, *, with_retries: bool) -> HfFileMetadata:
    """Ask the hub about a file.

    `with_retries` repeats the request up to five times, after some time or when the hub says so.
    """
    return get_hf_file_metadata(
        _url(file, file.revision),
        headers=_headers(),
        endpoint=_endpoint(),
        retry_on_errors=with_retries,
    )


def _url(file: RemoteFile, revision: str | None) -> str:
    return hf_hub_url(file.repository, file.file, revision=revision, endpoint=_endpoint())


def _endpoint() -> str:
    return os.environ.get("HF_ENDPOINT", constants.ENDPOINT).rstrip("/")


def _headers() -> dict[str, str]:
    return build_hf_headers(library_name=_LIBRARY_NAME, library_version=version(_LIBRARY_NAME))


@contextmanager
def _configure_library() -> Iterator[None]:
    """Set small chunks, and silence the library's log, which would write to the terminal."""
    chunk_size, log_level = constants.DOWNLOAD_CHUNK_SIZE, logging.get_verbosity()
    constants.DOWNLOAD_CHUNK_SIZE = _CHUNK_BYTES
    logging.set_verbosity(_SILENT)
    try:
        yield
    finally:
        constants.DOWNLOAD_CHUNK_SIZE = chunk_size
        logging.set_verbosity(log_level)


def _progress_bar_class(on_bytes: Callable[[int], None], existing_bytes: int) -> type:
    """Return a class that huggingface_hub accepts as a progress bar, and that calls `on_bytes`.

    `existing_bytes` bytes have been reported already.
    """

    class CallbackProgressBar:
        def __init__(self, *, initial: int, **_: object) -> None:
            if initial != existing_bytes:  # the server starts again from the beginning
                on_bytes(initial - existing_bytes)

        def __enter__(self) -> CallbackProgressBar:
            return self

        def __exit__(
            self,
            kind: type[BaseException] | None,
            error: BaseException | None,
            traceback: TracebackType | None,
        ) -> None: ...

        def update(self, count: int) -> None:
            on_bytes(count)

    return CallbackProgressBar
