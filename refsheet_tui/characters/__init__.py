"""Characters: what the user chats with, where they are saved, and their cards."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
