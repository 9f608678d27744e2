from __future__ import annotations

import pytest

from refsheet_tui.tui.dropped_paths import dropped_paths


@pytest.mark.parametrize(
    ("pasted", "paths"),
    [
        ("/home/me/sheet.png", ["/home/me/sheet.png"]),
        ("'/home/me/my sheet.png' ", ["/home/me/my sheet.png"]),
        ('"/home/me/my sheet.png"', ["/home/me/my sheet.png"]),
        ("/home/me/my\\ sheet\\ \\(1\\).png", ["/home/me/my sheet (1).png"]),
        ("file:///home/me/my%20sheet.png", ["/home/me/my sheet.png"]),
        ("file:///a.png\r\nfile:///b.png\r\n", ["/a.png", "/b.png"]),
        ("C:\\Users\\me\\sheet.png", ["C:\\Users\\me\\sheet.png"]),
        ("/a.png /b.png", ["/a.png", "/b.png"]),
        ("'/a b.png' '/c.png'", ["/a b.png", "/c.png"]),
        ("my sheet.png", ["my sheet.png"]),
        ("it's mine.png", ["it's mine.png"]),
        ("\x1b/a\x07.png\x9d", ["/a.png"]),
        ("  \n ", []),
    ],
)
def test_paths_as_terminals_paste_them(pasted: str, paths: list[str]) -> None:
    assert dropped_paths(pasted) == paths
