#!/usr/bin/env python3
"""Download a model into models/ without the screens: `refsheet models download`."""

from model_command import run

if __name__ == "__main__":
    run("download")
