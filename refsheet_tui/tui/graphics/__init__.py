"""Drawing pictures in a terminal, with the best protocol it knows."""
