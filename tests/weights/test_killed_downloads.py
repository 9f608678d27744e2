"""A download of a model in two parts is killed at 50 random moments."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import socket
from pathlib import Path
from typing import Any

from helpers.hub_server import Fault, HubServer
from helpers.small_models import remote
from refsheet_tui.weights.catalog import CatalogEntry
from refsheet_tui.weights.download import Download
from refsheet_tui.weights.model_store import FileState, ModelStore

KILLS = 50
SIZE = 192 << 20
PARTS = ("large-00001-of-00002.gguf", "large-00002-of-00002.gguf")
REPOSITORY = "somebody/large-GGUF"


def download(url: str, entry: str, folder: Path) -> None:
    """Download a model; this runs in a process that can be killed."""
    os.environ["HF_ENDPOINT"] = url
    connect = socket.create_connection

    def narrowly(*arguments: Any, **options: Any) -> socket.socket:
        """Connect with a small receive buffer.

        The data in the system's buffer is lost with a kill, and on a busy machine this is much.
        """
        connection = connect(*arguments, **options)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 15)
        return connection

    socket.create_connection = narrowly
    Download(CatalogEntry.model_validate_json(entry), ModelStore(folder), lambda event: None).run()


def test_every_kill_costs_next_to_nothing(
    hub: HubServer, store: ModelStore, tmp_path: Path
) -> None:
    rng = random.Random(4)
    for name in PARTS:
        (tmp_path / name).write_bytes(rng.randbytes(SIZE // len(PARTS)))
        hub.put(REPOSITORY, name, tmp_path / name)
    first, second = (remote(tmp_path / name, REPOSITORY) for name in PARTS)
    entry = CatalogEntry(title="Large", model=first, more_parts=[second])
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["refsheet_tui.weights.download"])

    def start() -> multiprocessing.process.BaseProcess:
        process = context.Process(
            target=download, args=(hub.url, entry.model_dump_json(), store.folder)
        )
        process.start()
        return process

    for moment in sorted(rng.randrange(SIZE) for _ in range(KILLS)):
        # So slow that only little data is under way at the moment of the kill, as on a real line.
        hub.faults = [Fault(pause_s=0.0005)]
        process = start()
        assert hub.wait_until_sent(moment)
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        assert process.exitcode == -signal.SIGKILL
        assert store.entry_state(entry) in (FileState.PARTIAL, FileState.ABSENT)
    hub.faults = []
    last = start()
    last.join()
    assert last.exitcode == 0
    assert store.entry_state(entry) is FileState.COMPLETE
    for file in entry.files:
        assert store.file_path(file).read_bytes() == (tmp_path / file.file).read_bytes()
    assert SIZE <= hub.sent <= SIZE * 1.02
