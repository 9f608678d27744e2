"""What there is to choose from, and what this machine makes of each."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from refsheet_tui import paths
from refsheet_tui.config import Config
from refsheet_tui.engine import LoadSettings
from refsheet_tui.engine.files import check_model, read_model
from refsheet_tui.engine.memory import Shape
from refsheet_tui.engine.tuning import is_instruction_tuned
from refsheet_tui.errors import WeightsError
from refsheet_tui.i18n import _
from refsheet_tui.untrusted import one_line
from refsheet_tui.weights.catalog import Entry, Licence
from refsheet_tui.weights.choice import DEMO, ModelChoice, choose_model
from refsheet_tui.weights.fit import Fit, Machine, fit, fit_entry, recommended
from refsheet_tui.weights.shop import Shop
from refsheet_tui.weights.store import State


@dataclass(frozen=True)
class Row:
    """One model. `entry` is None for what is not in the catalogue, the demo and files of the
    person's own, whose `name` is a path; `licence`: whose terms it comes under; `size` in bytes.
    `fit` is None as long as the machine was not measured, and where the numbers for it are unknown.
    `files` are where they are, or will be. `is_instruction_tuned`: as far as it is known."""

    name: str
    title: str
    entry: Entry | None
    licence: Licence | None
    state: State
    size: int | None
    sees_pictures: bool
    fit: Fit | None
    in_use: bool
    recommended: bool
    files: tuple[Path, ...]
    is_instruction_tuned: bool


def catalogue_rows(shop: Shop, config: Config, machine: Machine | None) -> list[Row]:
    """The models of the catalogue. `machine` None: not measured yet."""
    catalog, store = shop.catalog, shop.store
    fits: dict[str, Fit | None] = dict.fromkeys(catalog.models)
    best = None
    if machine is not None:
        settings = _loaded_with(config)
        for name, entry in catalog.models.items():
            fits[name] = fit_entry(catalog, entry, store, settings, machine)
        best = recommended(catalog, fits, machine)
    return [
        Row(
            name,
            entry.title,
            entry,
            catalog.licence(entry),
            store.state_of(entry),
            entry.size,
            sees_pictures=entry.projector is not None,
            fit=fits[name],
            in_use=config.model == name,
            recommended=name == best,
            files=tuple(map(store.path, entry.files)),
            is_instruction_tuned=_is_tuned(store.path(entry.model)),
        )
        for name, entry in catalog.models.items()
    ]


def other_rows(shop: Shop, config: Config, machine: Machine | None) -> list[Row]:
    """What can be used beside the catalogue: the demo, and the file in use if it is the person's
    own. Raises `StorageError` for an installation without the demo."""
    demo = choose_model(DEMO, None, shop.store)
    rows = [_of_files(DEMO, _("Demo"), demo, config, machine)]
    if config.model != DEMO and config.model not in shop.catalog.models:
        path = paths.typed(config.model)
        try:
            own = choose_model(config.model, config.mmproj, shop.store)
        except WeightsError:  # it is not there any more
            own = ModelChoice(path, config.mmproj)
        rows.append(_of_files(config.model, one_line(path.name), own, config, machine))
    return rows


def _of_files(
    name: str, title: str, choice: ModelChoice, config: Config, machine: Machine | None
) -> Row:
    files = choice.files
    are_here = all(map(paths.is_file, files))
    sizes = [file.stat().st_size for file in files] if are_here else []
    found, is_tuned = None, True
    if are_here:
        projector = sizes[-1] if choice.mmproj else 0
        try:
            header = read_model(choice.model)
            check_model(header, choice.model)
            is_tuned = is_instruction_tuned(header, choice.model)
            weights = sum(sizes) - projector
            if machine is not None:
                found = fit(Shape.of(header), weights, projector, _loaded_with(config), machine)
        except WeightsError:  # whoever loads or verifies it is told why
            found = None
    return Row(
        name,
        title,
        None,
        None,
        State.WHOLE if are_here else State.ABSENT,
        sum(sizes) if are_here else None,
        sees_pictures=choice.mmproj is not None,
        fit=found,
        in_use=config.model == name,
        recommended=False,
        files=files,
        is_instruction_tuned=is_tuned,
    )


def _is_tuned(model: Path) -> bool:
    """Of a model that may not be there, or be damaged: others tell that."""
    try:
        return is_instruction_tuned(read_model(model), model)
    except WeightsError:
        return True


def _loaded_with(config: Config) -> LoadSettings:
    """What memory depends on."""
    return LoadSettings(
        paths.demo_model(),
        context_size=config.context_size,
        gpu_layers=config.gpu_layers,
        kv_type=config.kv_cache,
        full_window_cache=config.window_cache == "full",
    )
