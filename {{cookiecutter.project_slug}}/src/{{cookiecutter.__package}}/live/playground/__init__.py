"""The page at `/`: a form for the model's features, its answer as a picture, and how the service is doing."""
