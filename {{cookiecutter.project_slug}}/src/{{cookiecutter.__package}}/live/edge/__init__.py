"""Where requests come in: who may ask what, how much at once, and what is noted of it."""
