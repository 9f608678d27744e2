"""The hub that weights come from, through huggingface_hub: what it says of a file, and its bytes.

huggingface_hub's `hf_hub_download` begins from nothing after a kill: it writes to a name of its own
each time. Its `http_get` goes on where a file ends, so that is what is used here.
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

# No word about this machine or who uses it goes along; read when huggingface_hub is imported.
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
from refsheet_tui.weights.catalog import Entry, RemoteFile
from refsheet_tui.weights.hub_problems import no_hub, problem_of, set_up_problem

_SHA256 = re.compile(r"[0-9a-f]{64}")
# What arrives is written in steps of this size; a kill loses no more than one. The library's own is
# 10 MiB.
_STEP = 1 << 15
_SILENT = 50  # logging.CRITICAL
_NEWEST = "main"
_NAME = "refsheet-tui"
_NO_SUCH_RANGE, _TOO_MANY_REQUESTS, _SERVER_ERRORS = 416, 429, 500


@dataclass(frozen=True)
class Published:
    """What the hub says of a file. `size` and `sha256` are None where it does not say."""

    file: RemoteFile
    revision: str
    size: int | None
    sha256: str | None
    etag: str


def is_offline() -> bool:
    """Whether `HF_HUB_OFFLINE` forbids the network."""
    return constants.is_offline_mode()


def ask(entry: Entry, file: RemoteFile) -> Published:
    """What the hub says of `file`, which belongs to `entry`. Raises `DownloadError`."""
    with problem_of(entry, file), set_up_problem(), _steps():
        try:
            found = _metadata(file, patiently=False)
        except HfHubHTTPError as error:
            status = error.response.status_code
            if status != _TOO_MANY_REQUESTS and status < _SERVER_ERRORS:
                raise
            found = _metadata(file, patiently=True)
    if found.commit_hash is None:  # a network that wants one to log in answers everything
        raise no_hub(_("it does not know what it has"))
    etag = found.etag or ""
    return Published(
        file,
        found.commit_hash,
        found.size,
        etag if _SHA256.fullmatch(etag) else None,
        etag,
    )


def fetch(
    entry: Entry, published: Published, partial: Path, on_bytes: Callable[[int], None]
) -> None:
    """Append to `partial` what it still lacks. `on_bytes` is told each step, negative when the
    server begins anew, and may stop it by raising.

    Raises `DownloadError`; what has arrived stays, to go on from.
    """
    with (
        problem_of(entry, published.file),
        _steps(),
        partial.open("ab") as stream,
        _nothing_more(stream.tell()),
    ):
        http_get(
            _url(published.file, published.revision),
            stream,
            resume_size=stream.tell(),
            headers={**_headers(), "Accept-Encoding": "identity"},
            expected_size=published.size,
            tqdm_class=_told(on_bytes, partial.stat().st_size),
        )


@contextmanager
def _nothing_more(begun: int) -> Iterator[None]:
    """Who has all of a file without knowing it asks for more than there is."""
    try:
        yield
    except HfHubHTTPError as error:
        if not begun or error.response.status_code != _NO_SUCH_RANGE:
            raise


def cached(file: RemoteFile, revision: str | None) -> Path | None:
    """The file in the hub's own cache, where other programs keep theirs."""
    found = try_to_load_from_cache(file.repository, file.file, revision=revision or _NEWEST)
    return Path(found).resolve() if isinstance(found, str) else None


def _metadata(file: RemoteFile, *, patiently: bool) -> HfFileMetadata:
    """Patiently: again after a while, or when the hub says so, up to five times."""
    return get_hf_file_metadata(
        _url(file, file.revision),
        headers=_headers(),
        endpoint=_endpoint(),
        retry_on_errors=patiently,
    )


def _url(file: RemoteFile, revision: str | None) -> str:
    return hf_hub_url(file.repository, file.file, revision=revision, endpoint=_endpoint())


def _endpoint() -> str:
    return os.environ.get("HF_ENDPOINT", constants.ENDPOINT).rstrip("/")


def _headers() -> dict[str, str]:
    return build_hf_headers(library_name=_NAME, library_version=version(_NAME))


@contextmanager
def _steps() -> Iterator[None]:
    """The library's own words about retries would go to the terminal."""
    usual, level = constants.DOWNLOAD_CHUNK_SIZE, logging.get_verbosity()
    constants.DOWNLOAD_CHUNK_SIZE = _STEP
    logging.set_verbosity(_SILENT)
    try:
        yield
    finally:
        constants.DOWNLOAD_CHUNK_SIZE = usual
        logging.set_verbosity(level)


def _told(on_bytes: Callable[[int], None], begun: int) -> type:
    """What huggingface_hub takes for a progress bar; `begun` bytes are told already."""

    class Told:
        def __init__(self, *, initial: int, **_: object) -> None:
            if initial != begun:  # the server does not go on, it begins anew
                on_bytes(initial - begun)

        def __enter__(self) -> Told:
            return self

        def __exit__(
            self,
            kind: type[BaseException] | None,
            error: BaseException | None,
            traceback: TracebackType | None,
        ) -> None: ...

        def update(self, count: int) -> None:
            on_bytes(count)

    return Told
