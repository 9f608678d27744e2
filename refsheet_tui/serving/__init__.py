"""The interface in a browser, for this computer or for users who have the token."""

from refsheet_tui.serving.address import Address
from refsheet_tui.serving.server import serve

__all__ = ["Address", "serve"]
