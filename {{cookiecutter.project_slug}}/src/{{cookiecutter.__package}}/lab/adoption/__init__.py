"""A person's own table in the place of the example."""
