"""RefSheet: talk with the character on a picture, offline."""
