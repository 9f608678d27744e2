"""The commands under `refsheet models`, and what they print."""

from __future__ import annotations

import shlex
import sys
from dataclasses import asdict
from pathlib import Path

import click

from refsheet_tui import paths
from refsheet_tui.cli.console import print_json, print_note
from refsheet_tui.cli.exits import InterruptedByUserError
from refsheet_tui.cli.transfers import ChecksumView, DownloadView, progress_bars
from refsheet_tui.config import NO_PROJECTOR, Config, change_config, is_no_projector
from refsheet_tui.engine import (
    NOT_INSTRUCTION_TUNED,
    LoadSettings,
    check_model_files,
    is_instruction_tuned,
)
from refsheet_tui.errors import RefsheetError, WeightsError
from refsheet_tui.untrusted import one_line
from refsheet_tui.weights import (
    DEMO,
    CatalogEntry,
    CheckResult,
    Download,
    FileReady,
    InstalledModel,
    ModelChoice,
    ModelManager,
    Verification,
    VerificationReport,
    choose_model,
    format_bytes,
    get_model_store,
    load_catalog,
    remember_model,
)

_MARKS = {CheckResult.GOOD: "ok", CheckResult.NOTED: "note", CheckResult.BAD: "FAIL"}


class ModelFiles:
    """The user's models. Each method runs one command."""

    def __init__(self, config: Config, config_file: Path | None) -> None:
        """Use the settings in `config`; changes are written to `config_file`.

        If `config_file` is None, they are written to the user's own config.yaml.
        """
        self.config = config
        self._config_file = config_file
        self.model_manager = ModelManager(load_catalog(), get_model_store(config))

    def download(self, name: str | None, *, accept_terms: bool, as_json: bool) -> None:
        name = name or self.model_manager.catalog.default
        if name is None:
            raise WeightsError("The catalog has no default model.", "Specify a name.")
        entry = self.model_manager.catalog.get_entry(name)
        self._show_terms(entry, accept_terms=accept_terms)
        ready: list[FileReady] = []
        with progress_bars() as progress:
            view = DownloadView(progress)

            def on_event(event: object) -> None:
                view.show_event(event)
                if isinstance(event, FileReady):
                    ready.append(event)

            download = Download(
                entry, self.model_manager.store, on_event, offline=self.config.offline
            )
            try:
                downloaded_files = download.run()
            except KeyboardInterrupt:
                print_note(f"Stopped. To resume the download: refsheet models download {name}")
                raise InterruptedByUserError from None
        if self.config.model == DEMO:
            self._save_choice(name)
        if as_json:
            files = [_file_object(each) for each in ready]
            print_json({"name": name, "in_use": self.config.model == name, "files": files})
        else:
            size = sum(path.stat().st_size for path in downloaded_files)
            click.echo(f"{entry.title} is downloaded ({format_bytes(size)}).")
            self._print_model_in_use(name)

    def verify(self, name: str | None, mmproj: Path | None, *, quick: bool, as_json: bool) -> bool:
        """Print the result of every check, and return True if all of them passed."""
        if name is None:
            names = [
                each for each in self.model_manager.installed_names() if self._is_complete(each)
            ]
            models = {each: self.model_manager.installed_model(each) for each in names}
            if not models:
                raise WeightsError(
                    f"No models in {self.model_manager.store.folder}.",
                    "Download one: refsheet models download",
                )
        else:
            models = {name: self._find_model(name, mmproj)}
        reports = {}
        for each, model in models.items():
            with progress_bars() as progress:
                view = ChecksumView(progress, model)
                report = Verification(model.parts, model.projector, view.add_bytes).run(quick=quick)
            reports[each] = report
            if not as_json:
                _print_report(each, report)
        if as_json:
            print_json(
                {"models": [_report_object(each, report) for each, report in reports.items()]}
            )
        return all(report.is_good for report in reports.values())

    def remove(self, name: str, *, ask: bool, as_json: bool) -> None:
        entry = self.model_manager.catalog.get_entry(name)
        if ask and sys.stdin.isatty():
            click.confirm(f"Remove the files of {entry.title}?", abort=True, err=True)
        removed_files, freed_bytes = self.model_manager.remove_model(name)
        if as_json:
            print_json(
                {
                    "name": name,
                    "removed": [str(each) for each in removed_files],
                    "bytes": freed_bytes,
                }
            )
        elif not removed_files:
            click.echo(f"No files to remove: none belong to {name} alone.")
        else:
            click.echo(
                f"Freed {format_bytes(freed_bytes)}. "
                f"To download again: refsheet models download {name}"
            )
        if removed_files and self.config.model == name:
            print_note(
                f"{name} is still set as your model. Choose another one: refsheet models use demo"
            )

    def print_paths(self, name: str, *, as_json: bool) -> None:
        choice = self._choose_model(name, None)
        if as_json:
            mmproj = str(choice.mmproj) if choice.mmproj else None
            parts = [str(part) for part in choice.parts]
            print_json({"model": str(choice.model), "parts": parts, "mmproj": mmproj})
        else:
            click.echo("\n".join(map(str, choice.files)))

    def use(self, name: str, mmproj: Path | None, *, as_json: bool) -> None:
        choice = self._choose_model(name, mmproj)
        files = check_model_files(LoadSettings(choice.model, choice.mmproj))
        is_tuned = is_instruction_tuned(files.model_header, choice.model)
        if name != DEMO and name not in self.model_manager.catalog.models:
            name = str(paths.absolute_path(choice.model))
        previous_model, previous_projector = self.config.model, self.config.mmproj
        if mmproj is not None:
            mmproj = NO_PROJECTOR if is_no_projector(mmproj) else paths.absolute_path(mmproj)
        file = self._save_choice(name, mmproj)
        if as_json:
            result = {"model": name, "before": previous_model, "config": str(file)}
            print_json({**result, "instruction_tuned": is_tuned})
            return
        self._print_model_in_use(name)
        if not is_tuned:
            print_note(NOT_INSTRUCTION_TUNED.format(model=one_line(choice.model.name)))
        if previous_model != name:
            command = use_command(previous_model, previous_projector)
            click.echo(f"To switch back: {one_line(command)}")

    def _save_choice(self, name: str, mmproj: Path | None = None) -> Path:
        """Save the choice in the settings file, and return its path.

        `mmproj` is always written, because a saved projector belongs to the previous model.
        """
        changes = {"model": name, "mmproj": str(mmproj) if mmproj else None}
        file = change_config(self._config_file, changes)
        if name != self.config.model:
            remember_model(self.config)
        self.config = self.config.model_copy(update={"model": name, "mmproj": mmproj})
        return file

    def _print_model_in_use(self, name: str) -> None:
        if self.config.model == name:
            click.echo("Now in use. To start chatting: refsheet")
        else:
            click.echo(f"To use this model: refsheet models use {one_line(shlex.quote(name))}")

    def _show_terms(self, entry: CatalogEntry, *, accept_terms: bool) -> None:
        licence = self.model_manager.catalog.licence_of(entry)
        if licence is None or self.model_manager.has_accepted_terms(entry):
            return
        print_note(f"{licence.notice}\nRead the terms: {licence.url}")
        if not accept_terms:
            if not sys.stdin.isatty():
                raise RefsheetError(
                    f"{entry.title} is subject to the {licence.title}, which you must accept.",
                    "Read the terms, then add --accept-licence.",
                )
            click.confirm(f"Do you accept the {licence.title}?", default=True, abort=True, err=True)
        self.model_manager.accept_terms(entry)

    def _is_complete(self, name: str) -> bool:
        entry = self.model_manager.catalog.get_entry(name)
        return all(paths.is_file(self.model_manager.store.file_path(file)) for file in entry.files)

    def _find_model(self, name: str, mmproj: Path | None) -> InstalledModel:
        if name in self.model_manager.catalog.models:
            return self.model_manager.installed_model(name)
        return self.model_manager.model_for_choice(self._choose_model(name, mmproj))

    def _choose_model(self, name: str, mmproj: Path | None) -> ModelChoice:
        choice = choose_model(name, mmproj, self.model_manager.store)
        if choice.notice:
            print_note(choice.notice)
        return choice


def use_command(model: str, mmproj: Path | None) -> str:
    """Return the command that chooses a model."""
    command = ["refsheet", "models", "use", model]
    return shlex.join([*command, "--mmproj", str(mmproj)] if mmproj else command)


def _print_report(name: str, report: VerificationReport) -> None:
    file = None
    for check in report.checks:
        if check.file != file:
            file = check.file
            click.echo(f"{one_line(name)}: {one_line(str(file))}")
        finding = check.finding
        click.echo(f"  {_MARKS[finding.result]:<5}{check.name:<16}{finding.message}")
        if finding.remedy:
            click.echo(f"{'':<23}{finding.remedy}")


def _report_object(name: str, report: VerificationReport) -> dict[str, object]:
    return {
        "name": name,
        "good": report.is_good,
        "checks": [
            {
                "file": str(check.file),
                "check": check.name,
                "verdict": check.finding.result.value,
                "words": check.finding.message,
                "remedy": check.finding.remedy,
            }
            for check in report.checks
        ],
    }


def _file_object(event: FileReady) -> dict[str, object]:
    return {**asdict(event), "file": event.file.file, "path": str(event.path)}
