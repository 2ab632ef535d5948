"""The Cluster page and its parts."""
