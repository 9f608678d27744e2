"""Model files: choosing, downloading and verifying them, and the settings to load them with."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
