"""Measure `llama-server` in the same chat."""

from __future__ import annotations

import base64
import http.client
import json
import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from refsheet_tui.bench.chat_content import CHAT_TEMPLATE, OTHER_QUESTION, QUESTION, BenchCharacter
from refsheet_tui.bench.measurements import LLAMA_SERVER, Measurements
from refsheet_tui.bench.process_memory import peak_memory
from refsheet_tui.bench.refsheet_bench import REPLY_TOKENS
from refsheet_tui.engine import LoadSettings
from refsheet_tui.errors import RefsheetError

Message = dict[str, Any]
_START_TIMEOUT_S, _REQUEST_TIMEOUT_S = 300.0, 600.0


class BenchError(RefsheetError):
    """A program to compare with that doesn't work."""


def measure(
    program: Path,
    settings: LoadSettings,
    threads: int,
    runs: int,
    characters: Iterator[BenchCharacter],
) -> Measurements:
    """Measure first tokens, writing speed and memory in `runs` runs. Raises `BenchError`."""
    measurements = Measurements()
    for _ in range(runs):
        with _run_server(program, settings, threads, measurements) as (port, pid):
            _measure_chat(port, next(characters), measurements)
            measurements.add_value(LLAMA_SERVER, "memory", peak_memory(pid))
    return measurements


def _measure_chat(port: int, character: BenchCharacter, measurements: Measurements) -> None:
    picture = "data:image/png;base64," + base64.b64encode(character.png).decode()
    opening: Message = {
        "role": "user",
        "content": [
            {"type": "image_url", "image_url": {"url": picture}},
            {"type": "text", "text": character.opening_text},
        ],
    }
    messages = [opening]
    greeting = _time_reply(port, messages, "cold", measurements)
    messages += [_message("assistant", greeting), _message("user", QUESTION)]
    _time_reply(port, messages, "turn 2", measurements)
    _time_reply(port, messages, "again", measurements)
    messages[-1] = _message("user", OTHER_QUESTION)
    _time_reply(port, messages, "edit", measurements)


def _message(role: str, text: str) -> Message:
    return {"role": role, "content": text}


def _time_reply(
    port: int, messages: Sequence[Message], case: str, measurements: Measurements
) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_REQUEST_TIMEOUT_S)
    body = {
        "messages": messages,
        "stream": True,
        "temperature": 0,
        "max_tokens": REPLY_TOKENS,
        "cache_prompt": True,
    }
    begin, first_token_s, text = monotonic(), 0.0, ""
    connection.request(
        "POST", "/v1/chat/completions", json.dumps(body), {"Content-Type": "application/json"}
    )
    response = connection.getresponse()
    if response.status != 200:
        raise BenchError(
            f"llama-server answered with status {response.status}: {response.read()[:200]!r}.",
            "Check that it was built from the same llama.cpp.",
        )
    for line in response:
        if not line.startswith(b"data: {"):
            continue
        event = json.loads(line[6:])
        piece = event["choices"][0]["delta"].get("content") if event.get("choices") else None
        if piece:
            first_token_s = first_token_s or monotonic() - begin
            text += piece
        if case == "cold" and event.get("timings"):
            measurements.add_value(LLAMA_SERVER, "write", event["timings"]["predicted_per_second"])
    connection.close()
    measurements.add_value(LLAMA_SERVER, case, first_token_s or monotonic() - begin)
    return text


@contextmanager
def _run_server(
    program: Path, settings: LoadSettings, threads: int, measurements: Measurements
) -> Iterator[tuple[int, int]]:
    """Yield the port and process id of a server that has loaded the model."""
    with socket.socket() as free_socket:
        free_socket.bind(("127.0.0.1", 0))
        port = free_socket.getsockname()[1]
    command = [
        *(str(program), "-m", str(settings.model), "--mmproj", str(settings.mmproj)),
        *("-c", str(settings.context_size), "-t", str(threads), "-np", "1", "-fa", "on"),
        *("--jinja", "--chat-template", CHAT_TEMPLATE, "--no-webui"),
        *("--host", "127.0.0.1", "--port", str(port)),
    ]
    begin = monotonic()
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as server:
        try:
            while not _is_healthy(port):
                if server.poll() is not None or monotonic() - begin > _START_TIMEOUT_S:
                    raise BenchError("llama-server did not start.", f"Try it: {' '.join(command)}")
                sleep(0.1)
            measurements.add_value(LLAMA_SERVER, "load", monotonic() - begin)
            yield port, server.pid
        finally:
            server.kill()


def _is_healthy(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()
