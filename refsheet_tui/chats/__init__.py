"""Chats: their messages on disk, and the conversation of one of them with a model."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
