"""Pass pictures to the engine process as files of raw pixels, named by their content."""

from __future__ import annotations

from pathlib import Path

from refsheet_tui.pictures import PreparedPicture


class PixelFolder:
    """A folder that the client owns and writes, and that the engine process reads."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write_picture(self, picture: PreparedPicture) -> None:
        """Write the pixels of a picture, unless they exist already. Raises `OSError`."""
        file = self.path / picture.sha256
        if file.exists():
            return
        # Systems clean their temporary folders, even of what is in use.
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        unfinished_file = file.with_suffix(".part")
        unfinished_file.write_bytes(picture.rgb)
        unfinished_file.replace(file)

    def read_picture(self, size: int, sha256: str) -> PreparedPicture:
        """Return a picture that was written. Raises `OSError`."""
        return PreparedPicture(size, (self.path / sha256).read_bytes(), sha256)
