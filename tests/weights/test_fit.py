"""The memory that a model needs, and how well it fits a machine."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from refsheet_tui.bench.process_memory import peak_memory
from refsheet_tui.engine import GenerationSettings, LoadSettings, LocalEngine
from refsheet_tui.engine.file_checks import read_model_header
from refsheet_tui.engine.memory import ModelShape, estimate_memory, layers_on_gpu
from refsheet_tui.engine.memory_check import check_memory, memory_beside_gpu
from refsheet_tui.engine.native import model_loader
from refsheet_tui.engine.native.loaded_model import LoadedModel
from refsheet_tui.errors import WeightsError
from refsheet_tui.paths import demo_mmproj, demo_model
from refsheet_tui.prompting import Turn, build_prompt
from refsheet_tui.weights.catalog import load_catalog
from refsheet_tui.weights.fit import (
    Fit,
    FitVerdict,
    MachineResources,
    estimate_entry_fit,
    estimate_fit,
    recommend_model,
)
from refsheet_tui.weights.model_store import ModelStore

GB, MIB = 1_000_000_000, 1 << 20
ANY = LoadSettings(Path("model.gguf"))
CATALOG = load_catalog()

# Each row is by llama.cpp 0.3.36 with random weights of that shape: "KV buffer size" twice and
# "compute buffer size" from its log, and the peak of the process after a picture and a reply, in
# MiB.
MEASURED = {
    "270m": (242_649_984, 0, 24 + 15, 26.77, 383),
    "1b": (719_157_184, 0, 32 + 22, 58.27, 884),
    "4b": (2_524_636_768, 849_896_416, 160 + 174, 88.52, 3936),
    "12b": (7_129_486_560, 852_845_536, 512 + 480, 130.02, 9003),
}


@pytest.mark.parametrize("size", MEASURED)
def test_the_need_is_what_was_measured(size: str) -> None:
    weights, projector, cache, compute, peak = MEASURED[size]
    need = estimate_memory(CATALOG.shapes[size], weights, projector, ANY)
    assert need.kv_cache / MIB == pytest.approx(cache)
    assert need.compute / MIB == pytest.approx(compute, rel=0.01)
    assert need.total / MIB == pytest.approx(peak, rel=0.1)


def test_27b_is_what_arithmetic_says() -> None:
    """The KV cache is 80 KiB for each token, and 624 MiB for the window layers."""
    shape = CATALOG.shapes["27b"]
    need = estimate_memory(shape, 15_908_791_488, 857_739_168, ANY)
    assert need.kv_cache == (8192 * 80 * 1024) + 624 * MIB
    assert 17 * GB < need.total < 19 * GB


@pytest.mark.parametrize(
    ("change", "mib"),
    [
        ({"context_size": 2048}, 40 + 174),
        ({"context_size": 32_768}, 640 + 174),
        ({"kv_type": "q8_0"}, 85 + 92.4375),
        ({"full_window_cache": True}, 1088),
        ({"context_size": 32_768, "full_window_cache": True}, 4352),
    ],
)
def test_the_cache_is_as_large_as_the_settings_make_it(
    change: dict[str, object], mib: float
) -> None:
    # Each row changes a setting of a different type.
    settings = replace(ANY, **change)  # type: ignore[arg-type]
    assert estimate_memory(CATALOG.shapes["4b"], 1, 0, settings).kv_cache / MIB == pytest.approx(
        mib
    )


@pytest.fixture(scope="module")
def random_270m(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("270m")
    script = root / "scripts" / "make_synthetic_model.py"
    subprocess.run([sys.executable, script, "--size", "270m", folder], check=True)
    return folder / "gemma-3-270m-random.gguf"


def test_a_shape_is_read_from_the_file(random_270m: Path) -> None:
    assert ModelShape.from_header(read_model_header(random_270m)) == CATALOG.shapes["270m"]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells the peak")
async def test_the_engine_takes_what_was_foretold(random_270m: Path) -> None:
    settings = LoadSettings(random_270m, context_size=8192, threads=1)
    engine = LocalEngine()
    await engine.load(settings)
    prompt = build_prompt([Turn("user", ("Hello " * 100,))])
    async for _ in engine.generate(prompt, GenerationSettings(max_new_tokens=2)):
        pass
    peak = peak_memory(engine.pid)
    await engine.close()
    shape = CATALOG.shapes["270m"]
    assert estimate_memory(shape, random_270m.stat().st_size, 0, settings).total == pytest.approx(
        peak, rel=0.1
    )


@pytest.fixture
def demo_settings() -> LoadSettings:
    return LoadSettings(demo_model(), demo_mmproj(), context_size=512)


def machine(
    total: float, *, room: float | None = None, gpu: float = 0, speed: float = 40
) -> MachineResources:
    """Return a machine; sizes are in GB, and the speed is in GB of weights a second."""
    free = total * 0.8 if room is None else room
    return MachineResources(int(total * GB), int(free * GB), int(gpu * GB), speed * GB)


def fits(on: MachineResources, tmp_path: Path) -> dict[str, Fit | None]:
    store = ModelStore(tmp_path)
    return {
        name: estimate_entry_fit(CATALOG, each, store, ANY, on)
        for name, each in CATALOG.models.items()
    }


@pytest.mark.parametrize(
    ("on", "best"),
    [
        (machine(8), "4b"),
        (machine(4), "1b"),
        (machine(16), "12b"),
        (machine(16, speed=20), "4b"),
        (machine(16, speed=1), "4b"),
        (machine(64, speed=400), "27b"),
        (machine(16, gpu=24, speed=400), "27b"),
        (machine(1), None),
    ],
)
def test_the_best_that_runs_well_is_recommended(
    tmp_path: Path, on: MachineResources, best: str | None
) -> None:
    assert recommend_model(CATALOG, fits(on, tmp_path), on) == best


def test_without_a_measured_speed_the_default_is_recommended(tmp_path: Path) -> None:
    large, small = (replace(machine(total), bytes_per_s=None) for total in (64, 4))
    assert recommend_model(CATALOG, fits(large, tmp_path), large) == "4b"
    assert recommend_model(CATALOG, fits(small, tmp_path), small) == "1b"


def test_memory_that_a_gpu_shares_is_counted_once(tmp_path: Path) -> None:
    """On Apple Silicon, the GPU shares the memory of the machine."""
    apple = replace(machine(16, room=16, gpu=11.4, speed=100), has_shared_memory=True)
    found = fits(apple, tmp_path)
    large, small = found["27b"], found["4b"]
    assert large is not None and large.verdict is FitVerdict.TOO_LARGE
    assert small is not None and (small.host_memory, small.gpu_layers) == (small.memory.total, 35)
    assert recommend_model(CATALOG, found, apple) == "12b"


def test_a_speed_that_was_measured_on_a_gpu_is_that_of_whole_models(tmp_path: Path) -> None:
    small_gpu = machine(64, gpu=6, speed=300)
    found = fits(small_gpu, tmp_path)
    whole, part = found["4b"], found["27b"]
    assert whole is not None and whole.tokens_per_s is not None
    assert part is not None and 0 < part.gpu_layers < 62 and part.tokens_per_s is None
    assert recommend_model(CATALOG, found, small_gpu) == "4b"


def test_what_will_not_fit_is_said(tmp_path: Path) -> None:
    found = fits(machine(8), tmp_path)
    verdicts = {name: each.verdict for name, each in found.items() if each}
    assert verdicts["4b"] is FitVerdict.FITS
    assert verdicts["12b"] is verdicts["27b"] is FitVerdict.TOO_LARGE


def test_other_programs_take_room_too(tmp_path: Path) -> None:
    found = fits(machine(8, room=3), tmp_path)["4b"]
    assert found is not None and found.verdict is FitVerdict.CLOSE


def test_a_smaller_context_is_offered_before_another_model() -> None:
    shape = CATALOG.shapes["12b"]
    large = replace(ANY, context_size=32_768)
    found = estimate_fit(shape, 7_131_017_792, 854_200_224, large, machine(16, room=10.3))
    assert (found.verdict, found.context_size) == (FitVerdict.FITS, 16_384)


def test_a_gpu_gets_the_layers_that_fit() -> None:
    shape = CATALOG.shapes["4b"]
    need = estimate_memory(shape, 2_526_080_992, 851_251_104, ANY)
    assert layers_on_gpu(shape, need, 24 * GB) == 35
    assert layers_on_gpu(shape, need, 1 * GB) == 0
    some = layers_on_gpu(shape, need, 3 * GB)
    assert 0 < some < 35
    assert memory_beside_gpu(shape, need, 0) == need.total
    assert memory_beside_gpu(shape, need, 35) < 0.1 * GB
    assert memory_beside_gpu(shape, need, some) > memory_beside_gpu(shape, need, some + 1)


def test_what_is_too_large_is_refused_before_it_is_loaded() -> None:
    need = estimate_memory(CATALOG.shapes["12b"], 7_131_017_792, 854_200_224, ANY)
    check_memory("12b.gguf", need.total, 10 * GB)
    with pytest.raises(WeightsError, match=r"12b\.gguf doesn't fit: it needs 9\.5 GB") as caught:
        check_memory("12b.gguf", need.total, 8 * GB)
    assert "Run 'refsheet models' to see which models fit" in caught.value.remedy


def test_the_engine_refuses_it_too(
    monkeypatch: pytest.MonkeyPatch, demo_settings: LoadSettings
) -> None:
    monkeypatch.setattr(model_loader, "free_memory", lambda: 1000)
    with pytest.raises(WeightsError, match=r"demo\.gguf doesn't fit"):
        LoadedModel().load(demo_settings, lambda _: True)
