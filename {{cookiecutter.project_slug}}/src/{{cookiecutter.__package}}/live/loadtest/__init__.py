"""Putting a running service under load, and saying how it bore it."""
