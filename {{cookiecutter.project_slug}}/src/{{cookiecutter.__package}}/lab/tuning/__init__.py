"""Searching for better options of the model."""
