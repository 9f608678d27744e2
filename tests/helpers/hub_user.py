"""A user who runs `refsheet` with a new home folder and a hub."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from helpers.command import ROOT, CommandResult, command, environment
from helpers.hub_server import HubServer, hub_server
from refsheet_tui.paths import demo_mmproj, demo_model

CATALOG = """
default: small
best_first: [small]
models:
  small:
    title: Small one
    licence: gemma
    model: {{repository: somebody/demo-GGUF, file: demo.gguf, bytes: {size}, sha256: {sum}}}
    projector: &projector {{repository: somebody/mmproj-GGUF, file: demo-mmproj.gguf}}
  twin:
    title: Its twin
    model: {{repository: somebody/twin-GGUF, file: demo.gguf}}
    projector: *projector
"""


@dataclass
class HubUser:
    """A user with a new home folder, and a hub to download from."""

    home: Path
    hub: HubServer

    @property
    def models(self) -> Path:
        return self.home / "models"

    @property
    def environment(self) -> dict[str, str]:
        return {
            **environment(self.home),
            "HF_ENDPOINT": self.hub.url,
            "HF_HOME": str(self.home / "hf"),
        }

    def run(self, *arguments: str | Path, stdin: str = "", **variables: str) -> CommandResult:
        done = subprocess.run(
            command(*arguments),
            input=stdin.encode(),
            capture_output=True,
            cwd=ROOT,
            env={**self.environment, **variables},
        )
        return CommandResult(done.returncode, done.stdout.decode(), done.stderr.decode())

    def get(self, name: str = "small") -> CommandResult:
        done = self.run("models", "download", name, "--accept-licence")
        assert done.code == 0, done.err
        return done


@contextmanager
def create_hub_user(folder: Path) -> Iterator[HubUser]:
    with hub_server() as hub:
        hub.put("somebody/demo-GGUF", "demo.gguf", demo_model())
        hub.put("somebody/twin-GGUF", "demo.gguf", demo_model())
        hub.put("somebody/mmproj-GGUF", "demo-mmproj.gguf", demo_mmproj())
        config = folder / "config"
        config.mkdir()
        data = demo_model().read_bytes()
        text = CATALOG.format(size=len(data), sum=hashlib.sha256(data).hexdigest())
        (config / "catalog.yaml").write_text(text)
        yield HubUser(folder, hub)
