"""Jupyter's settings for this project alone; nothing in the home folder is read for them or written."""

from pathlib import Path

c = get_config()  # noqa: F821 - Jupyter puts it there

# What cells and kernel tell each other is encrypted where the kernel can do it; ipykernel warns otherwise.
c.KernelManager.transport_encryption = "auto"
# Saving changes nothing in git but what people wrote.
c.ServerApp.contents_manager_class = "{{cookiecutter.__package}}.lab.contents.ProjectContents"
# A bare `jupyter lab` opens the same as `make lab`.
c.ServerApp.root_dir = str(Path(__file__).resolve().parents[1])
c.LabApp.default_url = "/lab/tree/notebooks/01_ingest.ipynb"
