"""Models on the screen: the list, downloads, progress and verification."""
