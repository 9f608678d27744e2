"""List the devices that llama.cpp can compute on: the processor and every GPU.

llama-cpp-python does not wrap these functions. Their signatures are those of ggml-backend.h.
"""

from __future__ import annotations

import ctypes
import platform
import sys
from dataclasses import dataclass
from enum import IntEnum

from llama_cpp import llama_cpp as llama
from llama_cpp._ggml import libggml

from refsheet_tui.engine.native import llama_backend
from refsheet_tui.untrusted import one_line

_SIZE = ctypes.POINTER(ctypes.c_size_t)
# ggml-backend.h: function -> result and arguments. A handle is an opaque pointer. None, and nothing
# else, is `void`: ctypes calls any other object with the result.
_SIGNATURES: dict[str, tuple[type | None, tuple[type, ...]]] = {
    "ggml_backend_dev_count": (ctypes.c_size_t, ()),
    "ggml_backend_dev_get": (ctypes.c_void_p, (ctypes.c_size_t,)),
    "ggml_backend_dev_type": (ctypes.c_int, (ctypes.c_void_p,)),
    "ggml_backend_dev_name": (ctypes.c_char_p, (ctypes.c_void_p,)),
    "ggml_backend_dev_description": (ctypes.c_char_p, (ctypes.c_void_p,)),
    "ggml_backend_dev_memory": (None, (ctypes.c_void_p, _SIZE, _SIZE)),
    "ggml_backend_dev_backend_reg": (ctypes.c_void_p, (ctypes.c_void_p,)),
    "ggml_backend_reg_name": (ctypes.c_char_p, (ctypes.c_void_p,)),
}
for _name, (_result, _arguments) in _SIGNATURES.items():
    _function = getattr(libggml, _name)
    _function.restype, _function.argtypes = _result, _arguments

# llama_model_params.devices: a list that ends with NULL. This one holds nothing else. No list at
# all would mean every GPU.
NO_GPU = ctypes.cast((ctypes.c_void_p * 1)(None), ctypes.c_void_p)


class DeviceKind(IntEnum):
    """The kind of a device: ggml-backend.h, enum ggml_backend_dev_type."""

    CPU = 0
    GPU = 1
    INTEGRATED_GPU = 2
    ACCELERATOR = 3
    META = 4


@dataclass(frozen=True)
class ComputeDevice:
    """A device that llama.cpp can compute on.

    Attributes:
        kind: The kind of device.
        id: ggml's name for it, such as `CUDA0`.
        backend: The name of the code that drives it, such as `CUDA`.
        name: The description that the driver gives, such as `NVIDIA H200`.
        free: The free bytes of its memory.
        total: All bytes of its memory.
    """

    kind: DeviceKind
    id: str
    backend: str
    name: str
    free: int
    total: int

    @property
    def is_gpu(self) -> bool:
        """True if llama.cpp offloads layers to it."""
        return self.kind in (DeviceKind.GPU, DeviceKind.INTEGRATED_GPU)

    @property
    def shares_memory(self) -> bool:
        """True if its memory is the computer's own."""
        is_apple = sys.platform == "darwin" and platform.machine() == "arm64"
        return is_apple or self.kind is DeviceKind.INTEGRATED_GPU


def all_devices() -> tuple[ComputeDevice, ...]:
    """Return every device of this build, the processor included."""
    llama_backend.start_backend()
    handles = (libggml.ggml_backend_dev_get(index) for index in range(_device_count()))
    return tuple(_describe_device(handle) for handle in handles)


def gpus() -> tuple[ComputeDevice, ...]:
    """Return the devices that layers can be offloaded to; none on a build that can't offload."""
    llama_backend.start_backend()
    if not llama.llama_supports_gpu_offload():
        return ()
    return tuple(device for device in all_devices() if device.is_gpu)


def gpu_name() -> str | None:
    """Return the name of the first GPU, such as `CUDA NVIDIA H200`; None without a GPU."""
    for device in gpus():
        return f"{device.backend} {device.name}".strip()
    return None


def gpu_memory() -> int | None:
    """Return the free bytes of all GPUs together; None without a GPU."""
    devices = gpus()
    return sum(device.free for device in devices) if devices else None


def gpu_shares_memory() -> bool:
    """Return whether what is on the GPU is in the computer's own memory."""
    return any(device.shares_memory for device in gpus())


def _device_count() -> int:
    return int(libggml.ggml_backend_dev_count())


def _describe_device(handle: int) -> ComputeDevice:
    free, total = ctypes.c_size_t(), ctypes.c_size_t()
    libggml.ggml_backend_dev_memory(handle, ctypes.byref(free), ctypes.byref(total))
    backend = libggml.ggml_backend_dev_backend_reg(handle)
    return ComputeDevice(
        kind=DeviceKind(libggml.ggml_backend_dev_type(handle)),
        id=_decode_text(libggml.ggml_backend_dev_name(handle)),
        backend=_decode_text(libggml.ggml_backend_reg_name(backend)),
        name=_decode_text(libggml.ggml_backend_dev_description(handle)),
        free=free.value,
        total=total.value,
    )


def _decode_text(value: bytes | None) -> str:
    return one_line((value or b"").decode("utf-8", "replace"))
