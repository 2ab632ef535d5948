"""The page of runs and its parts."""
