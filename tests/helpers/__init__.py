"""What several tests share: programs to run, models, servers, screens and comparisons."""
