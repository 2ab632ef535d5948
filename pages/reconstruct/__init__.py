"""The Reconstruct page and its parts."""
