"""The rows of the list of models, with how well each model fits this machine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from refsheet_tui import paths
from refsheet_tui.config import Config, is_no_projector
from refsheet_tui.engine import (
    LoadSettings,
    ModelShape,
    check_model_header,
    is_instruction_tuned,
    read_model_header,
)
from refsheet_tui.errors import WeightsError
from refsheet_tui.i18n import _
from refsheet_tui.untrusted import one_line
from refsheet_tui.weights.catalog import CatalogEntry, Licence
from refsheet_tui.weights.choice import DEMO, ModelChoice, choose_model
from refsheet_tui.weights.fit import (
    Fit,
    MachineResources,
    estimate_entry_fit,
    estimate_fit,
    recommend_model,
)
from refsheet_tui.weights.model_manager import ModelManager
from refsheet_tui.weights.model_store import FileState
from refsheet_tui.weights.own_models import OwnModel, remembered_models


@dataclass(frozen=True)
class ModelRow:
    """A model in the list.

    Attributes:
        name: Its name in the catalog, `demo`, or the path of a file of the user.
        title: The name that the user sees.
        catalog_entry: Its entry in the catalog; None for the demo and for files of the user.
        licence: Its terms; None if it has none.
        state: The state of its files.
        size: The size of its files, in bytes; None if it is unknown.
        sees_pictures: It has a projector.
        fit: How well it fits; None if the machine was not measured, or its numbers are unknown.
        is_in_use: The settings name it as the model to load.
        is_recommended: It is the model to recommend for this machine.
        files: Its files, or where they will be.
        mmproj: The projector that the user named for a file of theirs, as in the settings.
        is_instruction_tuned: It answers in turns. True as well if this is unknown.
    """

    name: str
    title: str
    catalog_entry: CatalogEntry | None
    licence: Licence | None
    state: FileState
    size: int | None
    sees_pictures: bool
    fit: Fit | None
    is_in_use: bool
    is_recommended: bool
    files: tuple[Path, ...]
    is_instruction_tuned: bool
    mmproj: Path | None = None


def catalogue_rows(
    model_manager: ModelManager, config: Config, machine: MachineResources | None
) -> list[ModelRow]:
    """Return the rows of the catalog; `machine` is None if it was not measured yet."""
    catalog, store = model_manager.catalog, model_manager.store
    fits: dict[str, Fit | None] = dict.fromkeys(catalog.models)
    recommended_name = None
    if machine is not None:
        settings = _memory_settings(config)
        for name, entry in catalog.models.items():
            fits[name] = estimate_entry_fit(catalog, entry, store, settings, machine)
        recommended_name = recommend_model(catalog, fits, machine)
    return [
        ModelRow(
            name,
            entry.title,
            entry,
            catalog.licence_of(entry),
            store.entry_state(entry),
            entry.size,
            sees_pictures=entry.projector is not None,
            fit=fits[name],
            is_in_use=config.model == name,
            is_recommended=name == recommended_name,
            files=tuple(map(store.file_path, entry.files)),
            is_instruction_tuned=_is_tuned(store.file_path(entry.model)),
        )
        for name, entry in catalog.models.items()
    ]


def other_rows(
    model_manager: ModelManager, config: Config, machine: MachineResources | None
) -> list[ModelRow]:
    """Return the rows of models outside of the catalog.

    They are the demo, and the files of the user. Raises `StorageError` if the demo is missing.
    """
    demo_choice = choose_model(DEMO, None, model_manager.store)
    demo_row = _row_for_files(OwnModel(DEMO), _("Demo"), demo_choice, config, machine)
    return [demo_row, *own_rows(model_manager, config, machine)]


def own_rows(
    model_manager: ModelManager, config: Config, machine: MachineResources | None
) -> list[ModelRow]:
    """Return the rows of the user's own files: the one in use, and those that were before."""
    own_models = [each for each in remembered_models() if each.model != config.model]
    if config.model != DEMO and config.model not in model_manager.catalog.models:
        own_models.insert(0, OwnModel(config.model, config.mmproj))
    rows = []
    for own_model in own_models:
        try:
            choice = choose_model(own_model.model, own_model.mmproj, model_manager.store)
        except WeightsError:  # the file doesn't exist any more
            if own_model.model != config.model:
                continue
            mmproj = None if is_no_projector(config.mmproj) else config.mmproj
            choice = ModelChoice(paths.expand_user(config.model), mmproj)
        rows.append(_row_for_file(own_model, choice, config, machine))
    return rows


def _row_for_file(
    own_model: OwnModel, choice: ModelChoice, config: Config, machine: MachineResources | None
) -> ModelRow:
    title = one_line(paths.expand_user(own_model.model).name)
    return _row_for_files(own_model, title, choice, config, machine)


def _row_for_files(
    own_model: OwnModel,
    title: str,
    choice: ModelChoice,
    config: Config,
    machine: MachineResources | None,
) -> ModelRow:
    files = choice.files
    all_exist = all(map(paths.is_file, files))
    sizes = [file.stat().st_size for file in files] if all_exist else []
    fit, is_tuned = None, True
    if all_exist:
        projector_size = sizes[-1] if choice.mmproj else 0
        try:
            header = read_model_header(choice.model)
            check_model_header(header, choice.model)
            is_tuned = is_instruction_tuned(header, choice.model)
            weights_size = sum(sizes) - projector_size
            if machine is not None:
                fit = estimate_fit(
                    ModelShape.from_header(header),
                    weights_size,
                    projector_size,
                    _memory_settings(config),
                    machine,
                )
        except WeightsError:  # loading or verifying the model tells the user why
            fit = None
    return ModelRow(
        own_model.model,
        title,
        None,
        None,
        FileState.COMPLETE if all_exist else FileState.ABSENT,
        sum(sizes) if all_exist else None,
        sees_pictures=choice.mmproj is not None,
        fit=fit,
        is_in_use=config.model == own_model.model,
        is_recommended=False,
        files=files,
        is_instruction_tuned=is_tuned,
        mmproj=own_model.mmproj,
    )


def _is_tuned(model: Path) -> bool:
    """Return False if a model is known not to be instruction-tuned.

    A file that is missing or damaged counts as tuned: other checks report it.
    """
    try:
        return is_instruction_tuned(read_model_header(model), model)
    except WeightsError:
        return True


def _memory_settings(config: Config) -> LoadSettings:
    """Return the settings that the memory of a model depends on."""
    return LoadSettings(
        paths.demo_model(),
        context_size=config.context_size,
        gpu_layers=config.gpu_layers,
        kv_type=config.kv_cache,
        full_window_cache=config.window_cache == "full",
    )
