"""The files and folders on this machine. Only `ensure_dir` creates a folder."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import platformdirs

from refsheet_tui.errors import StorageError
from refsheet_tui.i18n import _

_APP = "refsheet"
_PACKAGE = Path(__file__).resolve().parent
_SHIPPED = _PACKAGE / "_shipped"


def config_dir() -> Path:
    """Return the folder of settings: `REFSHEET_CONFIG_DIR`, or the platform's folder for them."""
    return _folder_from_environment("REFSHEET_CONFIG_DIR") or platformdirs.user_config_path(
        _APP, appauthor=False
    )


def data_dir() -> Path:
    """Return the folder of chats and characters: `REFSHEET_DATA_DIR`, or the platform's folder."""
    return _folder_from_environment("REFSHEET_DATA_DIR") or platformdirs.user_data_path(
        _APP, appauthor=False
    )


def cache_dir() -> Path:
    """Return the folder of caches: `REFSHEET_CACHE_DIR`, or the platform's folder for them."""
    return _folder_from_environment("REFSHEET_CACHE_DIR") or platformdirs.user_cache_path(
        _APP, appauthor=False
    )


def state_dir() -> Path:
    """Return the folder of the program's state: `REFSHEET_STATE_DIR`, or the platform's folder.

    It is for values that the program remembers, and that are neither settings nor data of the user.
    """
    return _folder_from_environment("REFSHEET_STATE_DIR") or platformdirs.user_state_path(
        _APP, appauthor=False
    )


def models_dir() -> Path:
    """Return the folder of downloaded models.

    It is `REFSHEET_MODELS_DIR`, or `models` in a clone of the repository, or `models` in the data
    folder of an installed program.
    """
    environment_folder = _folder_from_environment("REFSHEET_MODELS_DIR")
    if environment_folder is not None:
        return environment_folder
    return (data_dir() if _SHIPPED.is_dir() else _PACKAGE.parent) / "models"


def log_dir() -> Path:
    """Return the folder of logs: `log` in `REFSHEET_STATE_DIR`, or the platform's folder."""
    environment_folder = _folder_from_environment("REFSHEET_STATE_DIR")
    if environment_folder is not None:
        return environment_folder / "log"
    return platformdirs.user_log_path(_APP, appauthor=False)


def expand_user(path: str | Path) -> Path:
    """Return a path that the user typed, with `~` as the home folder.

    `~name` of an unknown user stays as it is.
    """
    return Path(os.path.expanduser(path))  # noqa: PTH111 - the method raises for an unknown one


def absolute_path(path: str | Path) -> Path:
    """Return a path that the user typed as an absolute path; symbolic links in it stay."""
    return Path(os.path.abspath(expand_user(path)))  # noqa: PTH100 - the method would follow them


def exists(path: Path) -> bool:
    """Return True if a path exists; False for a name that no file can have."""
    return os.path.exists(path)  # noqa: PTH110 - the method raises for a name that is too long


def is_file(path: Path) -> bool:
    """Return True if a path is a file; False if the permissions don't let the program see it."""
    return os.path.isfile(path)  # noqa: PTH113 - the method raises where a folder is closed


def ensure_dir(folder: Path) -> Path:
    """Create `folder` with its parents, readable only by the user, and return it.

    Raises `StorageError`, which names the folder.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise StorageError(
            _("Can't create the folder {folder}: {reason}.").format(folder=folder, reason=reason),
            _(
                "Make the parent folder writable, or choose another location with the "
                "REFSHEET_*_DIR environment variables."
            ),
        ) from error
    return folder


def resource_path(name: str) -> Path:
    """Return a file or folder that comes with the program.

    `name` is "config.yaml", "models/demo" or "samples", for example. It is inside of the package if
    that was installed from a wheel, and at the root of a clone if not. Raises `StorageError` if
    the installation lacks it.
    """
    # Don't take the first of the two that exists: beside an installed package is all of
    # site-packages, and a folder `samples` there belongs to another package.
    root = _SHIPPED if _SHIPPED.is_dir() else _PACKAGE.parent
    path = root / name
    if not path.exists():
        raise StorageError(
            _("This installation is missing {file} (expected at {found}).").format(
                file=name, found=path
            ),
            _("Reinstall RefSheet."),
        )
    return path


def read_yaml_table(file: Path) -> dict[str, dict[str, Any]]:
    """Return the content of a YAML file that comes with the program. Raises `OSError`."""
    import yaml  # most commands don't need it

    # libyaml's loader is ten times as fast, but PyYAML is not always built with it.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    table: dict[str, dict[str, Any]] = yaml.load(file.read_text(encoding="utf-8"), loader)
    return table


def demo_model() -> Path:
    """Return the text model of the demo, which comes with the program."""
    return resource_path("models/demo/demo.gguf")


def demo_mmproj() -> Path:
    """Return the projector of the demo."""
    return resource_path("models/demo/demo-mmproj.gguf")


def samples_dir() -> Path:
    """Return the folder of the sample characters."""
    return resource_path("samples")


def _folder_from_environment(variable: str) -> Path | None:
    value = os.environ.get(variable)
    if not value:
        return None
    try:
        return Path(value).expanduser().absolute()
    except RuntimeError as error:  # `~name` of an unknown user
        raise StorageError(
            _("Can't find the folder set in {variable}: {reason}").format(
                variable=variable, reason=error
            ),
            _("Use a full path instead."),
        ) from error
