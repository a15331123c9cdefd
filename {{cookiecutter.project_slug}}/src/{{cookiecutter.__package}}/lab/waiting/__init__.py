"""Waiting for what another workflow finds out about the same commit."""
