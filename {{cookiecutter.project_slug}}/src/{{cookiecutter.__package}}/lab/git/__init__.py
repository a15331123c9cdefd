"""What git is told about a clone of the project, and how it merges dvc.lock."""
