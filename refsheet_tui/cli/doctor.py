"""`refsheet doctor`: one line for each thing, and what to do where it is not as it should be."""

from __future__ import annotations

import json
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
from refsheet_tui.engine.gpu_faults import GpuFaults, gpu_faults_file
from refsheet_tui.engine.ladder import SafeModes, safe_mode_file
from refsheet_tui.engine.machine import ask_build
from refsheet_tui.engine.room import memory_room
from refsheet_tui.errors import ConfigError, EngineError, RefsheetError
from refsheet_tui.untrusted import one_line
from refsheet_tui.weights.catalog import load_catalog
from refsheet_tui.weights.choice import choose_model
from refsheet_tui.weights.loading import store_of
from refsheet_tui.weights.shop import Pair, Shop
from refsheet_tui.weights.sizes import in_gb
from refsheet_tui.weights.store import State
from refsheet_tui.weights.verify import Verification

_FAULTS = {"pictures": "pictures wrongly", "text": "wrongly", None: "nothing to the end"}


def examine(config_file: Path | None, *, as_json: bool, report: Path | None) -> bool:
    """Print what was found; whether all is well. Raises `StorageError` when the report can't be
    written."""
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
        click.echo(f"Written to {report}. Read it before you send it to anybody.", err=as_json)
    return not any(each.remedy for each in found)


def _config(file: Path | None) -> tuple[Config, list[Symptom]]:
    """The settings, or the usual ones and why."""
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
        build = ask_build()
    except EngineError as error:
        yield Symptom("llama.cpp", error.problem, error.remedy)
    else:
        flash = "flash attention" if build.flash_attention else "no flash attention"
        offload = "can use a GPU" if build.offloads else "processor only"
        yield Symptom("llama.cpp", f"llama-cpp-python {build.version}, {offload}, {flash}")
        yield Symptom("it uses", ", ".join(build.features) or "nothing special of the processor")
        yield Symptom("threads", str(build.threads))
        for device in build.devices:
            memory = f"{in_gb(device.free)} of {in_gb(device.total)} free"
            yield Symptom("GPU", f"{one_line(device.name)}, {memory}")
    for gpu, verdict in GpuFaults(gpu_faults_file()).all().items():
        if verdict.fault != "":
            yield Symptom(
                "GPU check",
                f"{one_line(gpu)} computes {_FAULTS[verdict.fault]}; the processor does it instead",
                "Update the GPU's driver and llama-cpp-python; to check it again, remove "
                f"{gpu_faults_file()}.",
            )
    for model, mode in SafeModes(safe_mode_file()).all().items():
        yield Symptom(
            "safe mode",
            f"{one_line(model)} runs with safer settings (step {mode.rung}) since {mode.day}: at "
            f"'{mode.place}' {one_line(mode.how)}",
            f"Update llama-cpp-python; to try the usual settings again, remove {safe_mode_file()}.",
        )
    yield Symptom("memory", f"{in_gb(memory_room())} can be had")


def _weights(config: Config) -> Iterator[Symptom]:
    try:
        shop = Shop(load_catalog(), store_of(config))
    except ConfigError as error:
        yield Symptom("catalogue", error.problem, error.remedy)
        return
    try:
        chosen = choose_model(config.model, config.mmproj, shop.store)
    except RefsheetError as error:
        yield Symptom("model in use", error.problem, error.remedy)
    else:
        yield from _checked("model in use", config.model, shop.chosen(chosen))
    for name in shop.on_disk():
        state = shop.store.state_of(shop.catalog.models[name])
        if state is State.PARTIAL:
            yield Symptom("weights", f"{name} is begun", f"refsheet models download {name}")
        elif name != config.model:
            yield from _checked("weights", name, shop.pair(name))


def _checked(topic: str, name: str, pair: Pair) -> Iterator[Symptom]:
    checked = Verification(pair.parts, pair.projector, lambda path, count: None).run(quick=True)
    if checked.is_good:
        yield Symptom(topic, one_line(name))
    for check in checked.bad:
        words = f"{one_line(name)}, {one_line(check.file.name)}: {check.finding.words}"
        yield Symptom(topic, words, check.finding.remedy)


def _folders(config: Config) -> dict[str, Path]:
    return {
        "settings in": paths.config_dir(),
        "chats in": paths.data_dir(),
        "cache in": paths.cache_dir(),
        "logs in": paths.log_dir(),
        "models in": store_of(config).folder,
    }
