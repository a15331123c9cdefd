"""The commands of `live` that are longer than a call."""
