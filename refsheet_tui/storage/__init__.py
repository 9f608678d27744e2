"""The storage of the user's library: one SQLite file, and the pictures beside it."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
