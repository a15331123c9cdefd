"""What the service answers: predictions, what the model is, and the description of both."""
