"""The Expand page and its parts."""
