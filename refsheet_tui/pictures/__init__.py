"""Turning an untrusted picture file into the pixels that a vision tower needs.

`open_picture` reads a file, `cut_crops` cuts the crops of pan and scan, and `prepare_picture`
resizes. `view` does all three, and `view_of` the last two.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
