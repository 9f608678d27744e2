"""The only code that touches llama.cpp. Runs in the engine process, never in the screen's."""
