"""Notebooks as files: what is in them, what git keeps of them, and how JupyterLab saves them."""
