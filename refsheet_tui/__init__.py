"""Talk with the character on a picture, offline."""
