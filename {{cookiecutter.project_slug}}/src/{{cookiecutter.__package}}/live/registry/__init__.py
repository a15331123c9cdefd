"""Which model is live: promotions, rollbacks, their history, and the proof that a model can take the place."""
