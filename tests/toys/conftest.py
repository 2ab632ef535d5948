"""A page draws when it is loaded, so it is opened by its test and by nobody else."""

collect_ignore = ["page.py"]
