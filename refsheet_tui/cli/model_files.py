"""The commands under `refsheet models`, and what they print."""

from __future__ import annotations

import json
import shlex
import sys
from dataclasses import asdict
from pathlib import Path

import click

from refsheet_tui import paths
from refsheet_tui.cli.console import note
from refsheet_tui.cli.exits import InterruptedByUserError
from refsheet_tui.cli.transfers import ChecksumView, DownloadView, bars
from refsheet_tui.config import Config, change_config
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
    ModelManager,
    Verification,
    VerificationReport,
    choose_model,
    format_bytes,
    get_model_store,
    load_catalog,
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
        self.shop = ModelManager(load_catalog(), get_model_store(config))

    def download(self, name: str | None, *, accepted: bool, as_json: bool) -> None:
        name = name or self.shop.catalog.default
        if name is None:
            raise WeightsError("The catalog has no default model.", "Specify a name.")
        entry = self.shop.catalog.get_entry(name)
        self._show_terms(entry, accepted=accepted)
        ready: list[FileReady] = []
        with bars() as shown:
            view = DownloadView(shown)

            def on_event(event: object) -> None:
                view.event(event)
                if isinstance(event, FileReady):
                    ready.append(event)

            download = Download(entry, self.shop.store, on_event, offline=self.config.offline)
            try:
                arrived = download.run()
            except KeyboardInterrupt:
                note(f"Stopped. To resume the download: refsheet models download {name}")
                raise InterruptedByUserError from None
        if self.config.model == DEMO:
            self._choose(name)
        if as_json:
            files = [_ready(each) for each in ready]
            _print({"name": name, "in_use": self.config.model == name, "files": files})
        else:
            size = sum(path.stat().st_size for path in arrived)
            click.echo(f"{entry.title} is downloaded ({format_bytes(size)}).")
            self._say_who_speaks(name)

    def verify(self, name: str | None, mmproj: Path | None, *, quick: bool, as_json: bool) -> bool:
        """Print the result of every check, and return True if all of them passed."""
        if name is None:
            names = [each for each in self.shop.installed_names() if self._is_whole(each)]
            pairs = {each: self.shop.installed_model(each) for each in names}
            if not pairs:
                raise WeightsError(
                    f"No models in {self.shop.store.folder}.",
                    "Download one: refsheet models download",
                )
        else:
            pairs = {name: self._named(name, mmproj)}
        reports = {}
        for each, pair in pairs.items():
            with bars() as shown:
                view = ChecksumView(shown, pair)
                report = Verification(pair.parts, pair.projector, view.read).run(quick=quick)
            reports[each] = report
            if not as_json:
                _print_report(each, report)
        if as_json:
            _print({"models": [_report(each, report) for each, report in reports.items()]})
        return all(report.is_good for report in reports.values())

    def remove(self, name: str, *, ask: bool, as_json: bool) -> None:
        entry = self.shop.catalog.get_entry(name)
        if ask and sys.stdin.isatty():
            click.confirm(f"Remove the files of {entry.title}?", abort=True, err=True)
        gone, freed = self.shop.remove_model(name)
        if as_json:
            _print({"name": name, "removed": [str(each) for each in gone], "bytes": freed})
        elif not gone:
            click.echo(f"No files to remove: none belong to {name} alone.")
        else:
            click.echo(
                f"Freed {format_bytes(freed)}. To download again: refsheet models download {name}"
            )
        if gone and self.config.model == name:
            note(f"{name} is still set as your model. Choose another one: refsheet models use demo")

    def print_paths(self, name: str, *, as_json: bool) -> None:
        chosen = choose_model(name, None, self.shop.store)
        if as_json:
            mmproj = str(chosen.mmproj) if chosen.mmproj else None
            parts = [str(part) for part in chosen.parts]
            _print({"model": str(chosen.model), "parts": parts, "mmproj": mmproj})
        else:
            click.echo("\n".join(map(str, chosen.files)))

    def use(self, name: str, mmproj: Path | None, *, as_json: bool) -> None:
        chosen = choose_model(name, mmproj, self.shop.store)
        files = check_model_files(LoadSettings(chosen.model, chosen.mmproj))
        is_tuned = is_instruction_tuned(files.model_header, chosen.model)
        if name != DEMO and name not in self.shop.catalog.models:
            name = str(paths.absolute_path(chosen.model))
        before, projector = self.config.model, self.config.mmproj
        file = self._choose(name, paths.absolute_path(mmproj) if mmproj else None)
        if as_json:
            changed = {"model": name, "before": before, "config": str(file)}
            _print({**changed, "instruction_tuned": is_tuned})
            return
        self._say_who_speaks(name)
        if not is_tuned:
            note(NOT_INSTRUCTION_TUNED.format(model=one_line(chosen.model.name)))
        if before != name:
            back = ["refsheet", "models", "use", before]
            back += ["--mmproj", str(projector)] if projector else []
            click.echo(f"To switch back: {one_line(shlex.join(back))}")

    def _choose(self, name: str, mmproj: Path | None = None) -> Path:
        """Save the choice in the settings file, and return its path.

        `mmproj` is always written, because a saved projector belongs to the previous model.
        """
        changes = {"model": name, "mmproj": str(mmproj) if mmproj else None}
        file = change_config(self._config_file, changes)
        self.config = self.config.model_copy(update={"model": name, "mmproj": mmproj})
        return file

    def _say_who_speaks(self, name: str) -> None:
        if self.config.model == name:
            click.echo("Now in use. To start chatting: refsheet")
        else:
            click.echo(f"To use this model: refsheet models use {one_line(shlex.quote(name))}")

    def _show_terms(self, entry: CatalogEntry, *, accepted: bool) -> None:
        licence = self.shop.catalog.licence_of(entry)
        if licence is None or self.shop.has_accepted_terms(entry):
            return
        note(f"{licence.notice}\nRead the terms: {licence.url}")
        if not accepted:
            if not sys.stdin.isatty():
                raise RefsheetError(
                    f"{entry.title} is subject to the {licence.title}, which you must accept.",
                    "Read the terms, then add --accept-licence.",
                )
            click.confirm(f"Do you accept the {licence.title}?", default=True, abort=True, err=True)
        self.shop.accept_terms(entry)

    def _is_whole(self, name: str) -> bool:
        entry = self.shop.catalog.get_entry(name)
        return all(paths.is_file(self.shop.store.file_path(file)) for file in entry.files)

    def _named(self, name: str, mmproj: Path | None) -> InstalledModel:
        if name in self.shop.catalog.models:
            return self.shop.installed_model(name)
        return self.shop.model_for_choice(choose_model(name, mmproj, self.shop.store))


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


def _report(name: str, report: VerificationReport) -> dict[str, object]:
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


def _ready(event: FileReady) -> dict[str, object]:
    return {**asdict(event), "file": event.file.file, "path": str(event.path)}


def _print(value: dict[str, object]) -> None:
    click.echo(json.dumps(value))
