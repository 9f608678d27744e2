"""The screens in a browser, on this machine or for who has the token."""

from refsheet_tui.serving.address import Address
from refsheet_tui.serving.server import serve

__all__ = ["Address", "serve"]
