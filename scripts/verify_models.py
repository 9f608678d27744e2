#!/usr/bin/env python3
"""Check downloaded models without the screens: `refsheet models verify`."""

from model_command import run

if __name__ == "__main__":
    run("verify")
