"""The only code that touches llama.cpp. It runs in the engine process, never in the screens'.

Of llama-cpp-python it needs only the ctypes layer. The package itself would import its high-level
interface as well, with chat templates and a cache, which is a fifth of the time that the engine
process takes to start. So the modules here find the package in `sys.modules`, not executed.
"""

import sys
from importlib.util import find_spec, module_from_spec

if "llama_cpp" not in sys.modules and (_spec := find_spec("llama_cpp")) is not None:
    sys.modules["llama_cpp"] = module_from_spec(_spec)
