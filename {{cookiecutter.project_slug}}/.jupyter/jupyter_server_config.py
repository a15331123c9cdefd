"""Jupyter's settings for this project alone; nothing in the home folder is read for them or written."""

import logging
import warnings
from pathlib import Path

c = get_config()  # noqa: F821 - Jupyter puts it there

# What cells and kernel tell each other is encrypted where the kernel can do it; ipykernel warns otherwise.
c.KernelManager.transport_encryption = "auto"
# Saving changes nothing in git but what people wrote.
c.ServerApp.contents_manager_class = "{{cookiecutter.__package}}.lab.files.contents.ProjectContents"
# A bare `jupyter lab` opens the same as `make lab`.
c.ServerApp.root_dir = str(Path(__file__).resolve().parents[1])
c.LabApp.default_url = "/lab/tree/notebooks/01_ingest.ipynb"
# Extensions come with the locks: nothing is fetched or installed from the browser.
c.LabApp.extension_manager = "readonly"
# There are no language servers in the locks; looking for some asks npm, which writes a log to the home folder.
c.LanguageServerManager.autodetect = False
# Two warnings that nobody who reads the log can do anything about: Jupyter waits for three pings, of which Tornado
# knows nothing, and jupyter-resource-usage imports what is deprecated.
logging.getLogger("tornado.general").addFilter(lambda record: "websocket_ping_timeout" not in record.getMessage())
warnings.filterwarnings("ignore", message="date_default is deprecated", category=UserWarning)
