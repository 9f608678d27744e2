from .build_info import (
    LlamaBuild as LlamaBuild,
    measure_weight_bandwidth as measure_weight_bandwidth,
    probe_build as probe_build,
)
from .disk_cache import DiskCache as DiskCache
from .engine import Engine as Engine, TokenizedPart as TokenizedPart
from .events import (
    CPU_DEVICE as CPU_DEVICE,
    EngineEvent as EngineEvent,
    FinishReason as FinishReason,
    LoadProgress as LoadProgress,
    ModelInfo as ModelInfo,
    PictureProgress as PictureProgress,
    PromptProgress as PromptProgress,
    ReplyFinished as ReplyFinished,
    SaferSettings as SaferSettings,
    TextDelta as TextDelta,
    Timings as Timings,
)
from .fallback import SafeModeStore as SafeModeStore, safe_mode_file as safe_mode_file
from .file_checks import (
    check_embedding_width as check_embedding_width,
    check_mmproj_header as check_mmproj_header,
    check_model_files as check_model_files,
    check_model_header as check_model_header,
    read_mmproj_header as read_mmproj_header,
    read_model_header as read_model_header,
    read_part_header as read_part_header,
)
from .gguf_header import (
    GgufHeader as GgufHeader,
    find_strings as find_strings,
    read_integer as read_integer,
)
from .gpu_checks import GpuCheckStore as GpuCheckStore, gpu_checks_file as gpu_checks_file
from .instruction_tuning import (
    NOT_INSTRUCTION_TUNED as NOT_INSTRUCTION_TUNED,
    is_instruction_tuned as is_instruction_tuned,
)
from .local import LocalEngine as LocalEngine
from .logfile import last_errors as last_errors
from .logit_comparison import compare_logits as compare_logits, kl_divergences as kl_divergences
from .memory import (
    MemoryEstimate as MemoryEstimate,
    ModelShape as ModelShape,
    estimate_memory as estimate_memory,
    layers_on_gpu as layers_on_gpu,
)
from .memory_check import free_memory as free_memory, memory_beside_gpu as memory_beside_gpu
from .phases import Phase as Phase, PhaseClock as PhaseClock, phase_of as phase_of
from .settings import (
    CacheSettings as CacheSettings,
    GenerationSettings as GenerationSettings,
    LoadSettings as LoadSettings,
)
from .split_files import (
    join_parts as join_parts,
    model_parts as model_parts,
    model_size as model_size,
    part_names as part_names,
)
from .vision import Vision as Vision
