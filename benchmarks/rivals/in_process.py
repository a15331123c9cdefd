"""ONNX Runtime called in process, on the rows of the Arrow requests: `python in_process.py MODELS ARROW SECONDS`."""

from __future__ import annotations

import json
import statistics
import sys
import time
from pathlib import Path

import numpy as np
import onnxruntime
import pyarrow as pa


def main() -> None:
    """Print the median and the 99th percentile of the seconds that a call takes; the rows are there before."""
    models, arrow, seconds = Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3])
    kinds = {
        name: object if feature["kind"] == "category" else np.float32
        for name, feature in json.loads((models / "signature.json").read_text())["features"].items()
    }
    table = pa.ipc.open_stream(arrow).read_all()
    feed = {name: table[name].to_numpy().astype(kind).reshape(-1, 1) for name, kind in kinds.items()}
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(models / "model.onnx"), options, providers=["CPUExecutionProvider"])
    output, took = session.get_outputs()[-1].name, []
    session.run([output], feed)
    ends, cpu = time.monotonic() + seconds, time.process_time()
    while time.monotonic() < ends:
        started = time.perf_counter()
        session.run([output], feed)
        took.append(time.perf_counter() - started)
    cpu = time.process_time() - cpu
    p99 = float(np.quantile(took, 0.99))
    print(
        json.dumps({"each": statistics.fmean(took), "p50": statistics.median(took), "p99": p99, "cpu": cpu / len(took)})
    )


if __name__ == "__main__":
    main()
