"""Production: the model's runtime, the prediction service and the tools that package and serve it."""
