"""The only code that touches llama.cpp. It runs in the engine process, never in the screens'.

It needs only the ctypes layer of llama-cpp-python. The package's own `__init__` imports its
high-level interface as well, with chat templates and a cache, at every start of the engine process.
So an unexecuted module stands for the package in `sys.modules`: its submodules can be imported, but
`from llama_cpp import Llama` fails in a process that has imported this package.
"""

import sys
from importlib.util import find_spec, module_from_spec

if "llama_cpp" not in sys.modules and (_spec := find_spec("llama_cpp")) is not None:
    sys.modules["llama_cpp"] = module_from_spec(_spec)
