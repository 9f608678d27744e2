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
from refsheet_tui.cli.doctor_machine import environment_symptoms, terminal_symptoms
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
    config, config_symptoms = _load_config(config_file)
    symptoms: list[Symptom] = []
    for symptom in chain(config_symptoms, _all_symptoms(config)):
        symptoms.append(symptom)
        if not as_json:
            click.echo(str(symptom))
    if as_json:
        click.echo(json.dumps({"findings": [asdict(each) for each in symptoms]}))
    if report is not None:
        write_report(report, [str(each) for each in symptoms], _folders(config))
        click.echo(f"Saved {report}. Read the report before you share it.", err=as_json)
    return not any(each.remedy for each in symptoms)


def _load_config(file: Path | None) -> tuple[Config, list[Symptom]]:
    """Return the settings; if they can't be read, return the defaults and the problem."""
    try:
        return load_config(file), []
    except ConfigError as error:
        return Config(), [Symptom("settings", error.problem, error.remedy)]


def _all_symptoms(config: Config) -> Iterator[Symptom]:
    yield from environment_symptoms()
    yield from _engine_symptoms()
    yield from _weights_symptoms(config)
    for topic, folder in _folders(config).items():
        yield Symptom.of_folder(topic, folder)
    yield from terminal_symptoms()


def _engine_symptoms() -> Iterator[Symptom]:
    try:
        build = probe_build()
    except EngineError as error:
        yield Symptom("llama.cpp", error.problem, error.remedy)
    else:
        attention = "flash attention" if build.flash_attention else "no flash attention"
        offload = "can use a GPU" if build.supports_gpu_offload else "processor only"
        yield Symptom("llama.cpp", f"llama-cpp-python {build.version}, {offload}, {attention}")
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


def _weights_symptoms(config: Config) -> Iterator[Symptom]:
    try:
        model_manager = ModelManager(load_catalog(), get_model_store(config))
    except ConfigError as error:
        yield Symptom("catalog", error.problem, error.remedy)
        return
    try:
        choice = choose_model(config.model, config.mmproj, model_manager.store)
    except RefsheetError as error:
        yield Symptom("model in use", error.problem, error.remedy)
    else:
        if choice.notice:
            yield Symptom(
                "projector",
                choice.notice,
                "Choose one that fits, or none: refsheet models use PATH --mmproj PATH|none",
            )
        yield from _verification_symptoms(
            "model in use", config.model, model_manager.model_for_choice(choice)
        )
    for name in model_manager.installed_names():
        state = model_manager.store.entry_state(model_manager.catalog.models[name])
        if state is FileState.PARTIAL:
            yield Symptom(
                "weights",
                f"{name} is partly downloaded",
                f"Resume: refsheet models download {name}",
            )
        elif name != config.model:
            yield from _verification_symptoms("weights", name, model_manager.installed_model(name))


def _verification_symptoms(topic: str, name: str, model: InstalledModel) -> Iterator[Symptom]:
    report = Verification(model.parts, model.projector, lambda path, count: None).run(quick=True)
    if report.is_good:
        yield Symptom(topic, one_line(name))
    for check in report.failures:
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
