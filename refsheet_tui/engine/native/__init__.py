"""The only code that touches llama.cpp. It runs in the engine process, never in the screens'."""
