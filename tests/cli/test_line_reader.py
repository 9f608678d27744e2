"""Reading lines of standard input from pipes and other descriptors."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator

import pytest

from refsheet_tui.cli.line_reader import InputError, LineReader


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    reading, writing = os.pipe()
    yield reading, writing
    os.close(reading)


async def test_input_that_does_not_block_is_waited_for(pipe: tuple[int, int]) -> None:
    reading, writing = pipe
    os.set_blocking(reading, False)
    lines = LineReader(reading)
    waiting = asyncio.create_task(lines.next())
    await asyncio.sleep(0)
    os.write(writing, b"Hello\n")
    assert await waiting == "Hello"
    os.close(writing)
    assert await lines.next() is None


async def test_a_byte_order_mark_is_no_part_of_the_first_line(pipe: tuple[int, int]) -> None:
    reading, writing = pipe
    os.write(writing, b"\xef\xbb\xbfHello\n\xef\xbb\xbfagain\n")
    os.close(writing)
    lines = LineReader(reading)
    assert await lines.next() == "Hello"
    assert await lines.next() == "\ufeffagain"


async def test_input_that_cannot_be_read_is_said() -> None:
    folder = os.open(os.curdir, os.O_RDONLY)
    try:
        with pytest.raises(InputError, match="directory"):
            await LineReader(folder).next()
    finally:
        os.close(folder)
