"""`refsheet doctor`: one line for each finding, and how to fix what is wrong."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from itertools import chain
from pathlib import Path

import click

from refsheet_tui import paths
from refsheet_tui.cli.bug_report import write_report
from refsheet_tui.cli.doctor_machine import environment, terminal
from refsheet_tui.cli.symptoms import Symptom
from refsheet_tui.config import Config, load_config
from refsheet_tui.engine import (
    GpuCheckStore,
    SafeModeStore,
    free_memory,
    gpu_checks_file,
    probe_build,
    safe_mode_file,
)
from refsheet_tui.errors import ConfigError, EngineError, RefsheetError
from refsheet_tui.untrusted import one_line
from refsheet_tui.weights import (
    FileState,
    InstalledModel,
    ModelManager,
    Verification,
    choose_model,
    format_bytes,
    get_model_store,
    load_catalog,
)

_FAULTS = {
    "pictures": "gets pictures wrong",
    "text": "gives wrong results",
    None: "failed to finish",
}


def examine(config_file: Path | None, *, as_json: bool, report: Path | None) -> bool:
    """Check everything and print the findings.

    Args:
        config_file: The settings to check; None means the user's own.
        as_json: Print JSON instead of lines.
        report: Where to write a bug report; None for no report.

    Returns:
        True if nothing is wrong.

    Raises:
        StorageError: The report can't be written.
    """
    config, troubles = _config(config_file)
    found: list[Symptom] = []
    for symptom in chain(troubles, _all(config)):
        found.append(symptom)
        if not as_json:
            click.echo(str(symptom))
    if as_json:
        click.echo(json.dumps({"findings": [asdict(each) for each in found]}))
    if report is not None:
        write_report(report, [str(each) for each in found], _folders(config))
        click.echo(f"Saved {report}. Read the report before you share it.", err=as_json)
    return not any(each.remedy for each in found)


def _config(file: Path | None) -> tuple[Config, list[Symptom]]:
    """Return the settings; if they can't be read, return the defaults and the problem."""
    try:
        return load_config(file), []
    except ConfigError as error:
        return Config(), [Symptom("settings", error.problem, error.remedy)]


def _all(config: Config) -> Iterator[Symptom]:
    yield from environment()
    yield from _engine()
    yield from _weights(config)
    for topic, folder in _folders(config).items():
        yield Symptom.of_folder(topic, folder)
    yield from terminal()


def _engine() -> Iterator[Symptom]:
    try:
        build = probe_build()
    except EngineError as error:
        yield Symptom("llama.cpp", error.problem, error.remedy)
    else:
        flash = "flash attention" if build.flash_attention else "no flash attention"
        offload = "can use a GPU" if build.supports_gpu_offload else "processor only"
        yield Symptom("llama.cpp", f"llama-cpp-python {build.version}, {offload}, {flash}")
        yield Symptom("CPU features", ", ".join(build.cpu_features) or "none")
        yield Symptom("threads", str(build.threads))
        for device in build.devices:
            memory = f"{format_bytes(device.free)} of {format_bytes(device.total)} free"
            yield Symptom("GPU", f"{one_line(device.name)}, {memory}")
    for gpu, verdict in GpuCheckStore(gpu_checks_file()).all_results().items():
        if verdict.fault != "":
            yield Symptom(
                "GPU check",
                f"{one_line(gpu)} {_FAULTS[verdict.fault]}; using the processor instead",
                "Update the GPU driver and llama-cpp-python. To check the GPU again, delete "
                f"{gpu_checks_file()}.",
            )
    for model, mode in SafeModeStore(safe_mode_file()).active_modes().items():
        yield Symptom(
            "safe mode",
            f"{one_line(model)} has used safer settings (step {mode.rung}) since {mode.day}: "
            f"{one_line(mode.how)} (at '{mode.place}')",
            "Update llama-cpp-python. To use the normal settings again, delete "
            f"{safe_mode_file()}.",
        )
    yield Symptom("memory", f"{format_bytes(free_memory())} available")


def _weights(config: Config) -> Iterator[Symptom]:
    try:
        shop = ModelManager(load_catalog(), get_model_store(config))
    except ConfigError as error:
        yield Symptom("catalog", error.problem, error.remedy)
        return
    try:
        chosen = choose_model(config.model, config.mmproj, shop.store)
    except RefsheetError as error:
        yield Symptom("model in use", error.problem, error.remedy)
    else:
        yield from _checked("model in use", config.model, shop.model_for_choice(chosen))
    for name in shop.installed_names():
        state = shop.store.entry_state(shop.catalog.models[name])
        if state is FileState.PARTIAL:
            yield Symptom(
                "weights",
                f"{name} is partly downloaded",
                f"Resume: refsheet models download {name}",
            )
        elif name != config.model:
            yield from _checked("weights", name, shop.installed_model(name))


def _checked(topic: str, name: str, pair: InstalledModel) -> Iterator[Symptom]:
    checked = Verification(pair.parts, pair.projector, lambda path, count: None).run(quick=True)
    if checked.is_good:
        yield Symptom(topic, one_line(name))
    for check in checked.failures:
        words = f"{one_line(name)}, {one_line(check.file.name)}: {check.finding.message}"
        yield Symptom(topic, words, check.finding.remedy)


def _folders(config: Config) -> dict[str, Path]:
    return {
        "settings in": paths.config_dir(),
        "chats in": paths.data_dir(),
        "cache in": paths.cache_dir(),
        "logs in": paths.log_dir(),
        "models in": get_model_store(config).folder,
    }


@click.command()
@click.option("--config", "config_file", type=click.Path(path_type=Path), help="Settings file.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option(
    "--report",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Save a file for a bug report.",
)
def doctor(config_file: Path | None, as_json: bool, report: Path | None) -> None:
    """Find problems, and show how to fix them."""
    if not examine(config_file, as_json=as_json, report=report):
        sys.exit(1)
