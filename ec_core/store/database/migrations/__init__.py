"""Steps of the schema, see ``migrate``."""
