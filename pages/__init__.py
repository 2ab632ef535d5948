"""One short file per step a person takes."""
