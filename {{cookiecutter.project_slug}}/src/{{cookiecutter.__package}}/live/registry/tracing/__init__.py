"""Where a served model comes from, and what led to which model: the registry, MLflow, git and DVC in one chain."""
