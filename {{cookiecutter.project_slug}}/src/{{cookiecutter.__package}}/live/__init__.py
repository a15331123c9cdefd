"""Production: the model's runtime, the prediction service and the tools that package and serve it."""

import os

# ONNX Runtime reports its use, and writes to the home folder for that, from the moment it is imported.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
