"""What dvc.lock names, brought to where nothing has run yet: from the remote, from the cache, or by running again."""
