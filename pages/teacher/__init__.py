"""The Teacher page and its parts."""
