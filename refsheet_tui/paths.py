"""Where things live on this machine. Nothing here creates a folder unless it says so."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import platformdirs

from refsheet_tui.errors import StorageError
from refsheet_tui.i18n import _
from refsheet_tui.untrusted import one_line

_APP = "refsheet"
_PACKAGE = Path(__file__).resolve().parent
_SHIPPED = _PACKAGE / "_shipped"


def config_dir() -> Path:
    """Settings of the person: `REFSHEET_CONFIG_DIR`, else the platform's place for them."""
    return _override("REFSHEET_CONFIG_DIR") or platformdirs.user_config_path(_APP, appauthor=False)


def data_dir() -> Path:
    """What must never be lost (chats, characters): `REFSHEET_DATA_DIR`, else the platform's."""
    return _override("REFSHEET_DATA_DIR") or platformdirs.user_data_path(_APP, appauthor=False)


def cache_dir() -> Path:
    """What can be made again: `REFSHEET_CACHE_DIR`, else the platform's place for it."""
    return _override("REFSHEET_CACHE_DIR") or platformdirs.user_cache_path(_APP, appauthor=False)


def state_dir() -> Path:
    """What the program remembers by itself: `REFSHEET_STATE_DIR`, else the platform's place."""
    return _override("REFSHEET_STATE_DIR") or platformdirs.user_state_path(_APP, appauthor=False)


def models_dir() -> Path:
    """Downloaded weights: `REFSHEET_MODELS_DIR`, else `models` in a clone, else in the data
    folder."""
    overridden = _override("REFSHEET_MODELS_DIR")
    if overridden is not None:
        return overridden
    return (data_dir() if _SHIPPED.is_dir() else _PACKAGE.parent) / "models"


def log_dir() -> Path:
    """Log files: `log` in `REFSHEET_STATE_DIR`, else the platform's place for logs."""
    overridden = _override("REFSHEET_STATE_DIR")
    if overridden is not None:
        return overridden / "log"
    return platformdirs.user_log_path(_APP, appauthor=False)


def typed(path: str | Path) -> Path:
    """A path as a person wrote it: `~` means home, and an unknown `~somebody` stays as it is."""
    return Path(os.path.expanduser(path))  # noqa: PTH111 - the method raises for an unknown one


def absolute(path: str | Path) -> Path:
    """A path as a person wrote it, from the root on; links in it stay links."""
    return Path(os.path.abspath(typed(path)))  # noqa: PTH100 - the method would follow them


def exists(path: Path) -> bool:
    """Whether there is something; False also for what no file can be called."""
    return os.path.exists(path)  # noqa: PTH110 - the method raises for a name that is too long


def is_file(path: Path) -> bool:
    """Whether there is a file; False also for what may not be looked at."""
    return os.path.isfile(path)  # noqa: PTH113 - the method raises where a folder is closed


def ensure_dir(folder: Path) -> Path:
    """Create `folder` with its parents, readable by the person alone, and return it.

    Raises `StorageError` naming the folder.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise StorageError(
            _("The folder {folder} can't be created: {reason}.").format(
                folder=folder, reason=reason
            ),
            _(
                "Make its parent folder writable, or choose another place with the "
                "REFSHEET_*_DIR environment variables."
            ),
        ) from error
    return folder


def shipped(name: str) -> Path:
    """The file or folder `name` ("config.yaml", "models/demo", "samples") that comes with the
    program: inside the package when installed from a wheel, at the root of a clone otherwise.

    Raises `StorageError` when the installation lacks it.
    """
    # Not "the first that exists": beside an installed package lies all of site-packages, and a
    # folder named `samples` there is somebody else's.
    root = _SHIPPED if _SHIPPED.is_dir() else _PACKAGE.parent
    found = root / name
    if not found.exists():
        raise StorageError(
            _("This installation of refsheet lacks {file} (looked for {found}).").format(
                file=name, found=found
            ),
            _("Install it again."),
        )
    return found


def read_yaml_table(file: Path) -> dict[str, dict[str, Any]]:
    """Return a YAML file of the program's own. Raises `OSError` when it is missing."""
    import yaml  # most commands start without it

    # libyaml's loader, where PyYAML was built with it, is ten times as fast.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    table: dict[str, dict[str, Any]] = yaml.load(file.read_text(encoding="utf-8"), loader)
    return table


def demo_model() -> Path:
    """The text model that comes with the program."""
    return shipped("models/demo/demo.gguf")


def demo_mmproj() -> Path:
    """The vision projector of the demo model."""
    return shipped("models/demo/demo-mmproj.gguf")


def samples_dir() -> Path:
    """The folder of the sample characters."""
    return shipped("samples")


def _override(variable: str) -> Path | None:
    value = os.environ.get(variable)
    if not value:
        return None
    try:
        return Path(value).expanduser().absolute()
    except RuntimeError as error:  # `~somebody` who is not on this machine
        raise StorageError(
            _("The folder in {variable} can't be found: {reason}").format(
                variable=variable, reason=error
            ),
            _("Set it to a full path."),
        ) from error


OTHER_NAME_OR_FORCE = "Give another name, or say --force."


def write_file(
    file: Path,
    data: bytes,
    *,
    force: bool = False,
    advice: str = OTHER_NAME_OR_FORCE,
) -> None:
    """What the person asked for; over a file that is there only with `force`, else `advice` says
    what to do. Raises `StorageError`."""
    name = one_line(str(file))
    try:
        with file.open("wb" if force else "xb") as out:
            out.write(data)
    except FileExistsError as error:
        raise StorageError(_("{file} exists.").format(file=name), advice) from error
    except OSError as error:
        raise StorageError(
            _("{file} can't be written: {reason}.").format(file=name, reason=error.strerror),
            _("Choose another place."),
        ) from error
