"""Pictures on their way to the engine process: raw pixels in files named by their content."""

from __future__ import annotations

from pathlib import Path

from refsheet_tui.pictures import PreparedPicture


class PixelFolder:
    """A folder that the client writes and the engine process reads; the client owns it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def put(self, picture: PreparedPicture) -> None:
        """Write the pixels, unless they are there. Raises `OSError`."""
        file = self.path / picture.sha256
        if file.exists():
            return
        # Systems clean their temporary folders, even of what is in use.
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        unfinished = file.with_suffix(".part")
        unfinished.write_bytes(picture.rgb)
        unfinished.replace(file)

    def get(self, size: int, sha256: str) -> PreparedPicture:
        """The picture that was put. Raises `OSError`."""
        return PreparedPicture(size, (self.path / sha256).read_bytes(), sha256)
