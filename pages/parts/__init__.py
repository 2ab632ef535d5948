"""What the pages of several steps draw."""
