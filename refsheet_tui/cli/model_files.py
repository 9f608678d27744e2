"""What the commands under `refsheet models` do, and say."""

from __future__ import annotations

import json
import shlex
import sys
from dataclasses import asdict
from pathlib import Path

import click

from refsheet_tui import paths
from refsheet_tui.cli.console import note
from refsheet_tui.cli.exits import InterruptedByPersonError
from refsheet_tui.cli.transfers import SumView, TransferView, bars
from refsheet_tui.config import Config, change_config
from refsheet_tui.engine import LoadSettings
from refsheet_tui.engine.files import check_files
from refsheet_tui.engine.tuning import NOT_TUNED, is_instruction_tuned
from refsheet_tui.errors import RefsheetError, WeightsError
from refsheet_tui.untrusted import one_line
from refsheet_tui.weights.catalog import Entry, load_catalog
from refsheet_tui.weights.choice import DEMO, choose_model
from refsheet_tui.weights.download import Download
from refsheet_tui.weights.findings import Report, Verdict
from refsheet_tui.weights.loading import store_of
from refsheet_tui.weights.progress import Ready
from refsheet_tui.weights.shop import Pair, Shop
from refsheet_tui.weights.sizes import in_gb
from refsheet_tui.weights.verify import Verification

_MARKS = {Verdict.GOOD: "ok", Verdict.NOTED: "note", Verdict.BAD: "BAD"}


class ModelFiles:
    """The person's models: each method is one command."""

    def __init__(self, config: Config, config_file: Path | None) -> None:
        """`config_file` None: the person's own settings, where there are any."""
        self.config = config
        self._config_file = config_file
        self.shop = Shop(load_catalog(), store_of(config))

    def download(self, name: str | None, *, accepted: bool, as_json: bool) -> None:
        name = name or self.shop.catalog.default
        if name is None:
            raise WeightsError("The catalogue has no default model.", "Give a name.")
        entry = self.shop.catalog.entry(name)
        self._show_terms(entry, accepted=accepted)
        ready: list[Ready] = []
        with bars() as shown:
            view = TransferView(shown)

            def on_event(event: object) -> None:
                view.event(event)
                if isinstance(event, Ready):
                    ready.append(event)

            download = Download(entry, self.shop.store, on_event, offline=self.config.offline)
            try:
                arrived = download.run()
            except KeyboardInterrupt:
                note(f"Stopped. What has arrived stays: refsheet models download {name} goes on.")
                raise InterruptedByPersonError from None
        if self.config.model == DEMO:
            self._choose(name)
        if as_json:
            files = [_ready(each) for each in ready]
            _print({"name": name, "in_use": self.config.model == name, "files": files})
        else:
            size = sum(path.stat().st_size for path in arrived)
            click.echo(f"{entry.title} is here: {in_gb(size)}.")
            self._say_who_speaks(name)

    def verify(self, name: str | None, mmproj: Path | None, *, quick: bool, as_json: bool) -> bool:
        """Whether all that was looked at is good."""
        if name is None:
            names = [each for each in self.shop.on_disk() if self._is_whole(each)]
            pairs = {each: self.shop.pair(each) for each in names}
            if not pairs:
                raise WeightsError(
                    f"There are no downloaded models in {self.shop.store.folder}.",
                    "Get one: refsheet models download",
                )
        else:
            pairs = {name: self._named(name, mmproj)}
        reports = {}
        for each, pair in pairs.items():
            with bars() as shown:
                view = SumView(shown, pair)
                report = Verification(pair.parts, pair.projector, view.read).run(quick=quick)
            reports[each] = report
            if not as_json:
                _print_report(each, report)
        if as_json:
            _print({"models": [_report(each, report) for each, report in reports.items()]})
        return all(report.is_good for report in reports.values())

    def remove(self, name: str, *, ask: bool, as_json: bool) -> None:
        entry = self.shop.catalog.entry(name)
        if ask and sys.stdin.isatty():
            click.confirm(f"Remove the files of {entry.title}?", abort=True, err=True)
        gone, freed = self.shop.remove(name)
        if as_json:
            _print({"name": name, "removed": [str(each) for each in gone], "bytes": freed})
        elif not gone:
            click.echo(f"Nothing of {name} alone was there.")
        else:
            click.echo(f"{in_gb(freed)} freed. To have it again: refsheet models download {name}")
        if gone and self.config.model == name:
            note(f"{name} is the model in use. Choose another: refsheet models use demo")

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
        files = check_files(LoadSettings(chosen.model, chosen.mmproj))
        is_tuned = is_instruction_tuned(files.model, chosen.model)
        if name != DEMO and name not in self.shop.catalog.models:
            name = str(paths.absolute(chosen.model))
        before, projector = self.config.model, self.config.mmproj
        file = self._choose(name, paths.absolute(mmproj) if mmproj else None)
        if as_json:
            changed = {"model": name, "before": before, "config": str(file)}
            _print({**changed, "instruction_tuned": is_tuned})
            return
        self._say_who_speaks(name)
        if not is_tuned:
            note(NOT_TUNED.format(model=one_line(chosen.model.name)))
        if before != name:
            back = ["refsheet", "models", "use", before]
            back += ["--mmproj", str(projector)] if projector else []
            click.echo(f"To go back: {one_line(shlex.join(back))}")

    def _choose(self, name: str, mmproj: Path | None = None) -> Path:
        """Write it down. The projector that was named belongs to what was used before."""
        changes = {"model": name, "mmproj": str(mmproj) if mmproj else None}
        file = change_config(self._config_file, changes)
        self.config = self.config.model_copy(update={"model": name, "mmproj": mmproj})
        return file

    def _say_who_speaks(self, name: str) -> None:
        if self.config.model == name:
            click.echo("It speaks from now on: refsheet")
        else:
            click.echo(f"To let it speak: refsheet models use {one_line(shlex.quote(name))}")

    def _show_terms(self, entry: Entry, *, accepted: bool) -> None:
        licence = self.shop.catalog.licence(entry)
        if licence is None or self.shop.accepted(entry):
            return
        note(f"{licence.notice}\nRead them: {licence.url}")
        if not accepted:
            if not sys.stdin.isatty():
                raise RefsheetError(
                    f"{entry.title} comes under the {licence.title}, which you have to accept.",
                    "Read them, and add --accept-licence.",
                )
            click.confirm(f"Do you accept the {licence.title}?", default=True, abort=True, err=True)
        self.shop.accept(entry)

    def _is_whole(self, name: str) -> bool:
        entry = self.shop.catalog.entry(name)
        return all(paths.is_file(self.shop.store.path(file)) for file in entry.files)

    def _named(self, name: str, mmproj: Path | None) -> Pair:
        if name in self.shop.catalog.models:
            return self.shop.pair(name)
        return self.shop.chosen(choose_model(name, mmproj, self.shop.store))


def _print_report(name: str, report: Report) -> None:
    file = None
    for check in report.checks:
        if check.file != file:
            file = check.file
            click.echo(f"{one_line(name)}: {one_line(str(file))}")
        finding = check.finding
        click.echo(f"  {_MARKS[finding.verdict]:<5}{check.name:<16}{finding.words}")
        if finding.remedy:
            click.echo(f"{'':<23}{finding.remedy}")


def _report(name: str, report: Report) -> dict[str, object]:
    return {
        "name": name,
        "good": report.is_good,
        "checks": [
            {
                "file": str(check.file),
                "check": check.name,
                "verdict": check.finding.verdict.value,
                "words": check.finding.words,
                "remedy": check.finding.remedy,
            }
            for check in report.checks
        ],
    }


def _ready(event: Ready) -> dict[str, object]:
    return {**asdict(event), "file": event.file.file, "path": str(event.path)}


def _print(value: dict[str, object]) -> None:
    click.echo(json.dumps(value))
