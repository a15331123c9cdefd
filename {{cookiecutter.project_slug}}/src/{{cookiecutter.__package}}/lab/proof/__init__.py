"""Proving notebooks with nbval: on a sample, or by the copies that DVC executed."""
