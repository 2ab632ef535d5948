"""The Difficulty page and its parts."""
