"""Which notebooks are stale, and why: what DVC recorded against what is there."""
