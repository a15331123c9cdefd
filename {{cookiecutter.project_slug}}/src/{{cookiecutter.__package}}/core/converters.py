"""What skl2onnx converts wrongly or not at all: LightGBM, XGBoost, histogram boosting, and the project's own scaler.

Found by the parity gate: LightGBM and histogram boosting part rows at float64 thresholds, which rounded to float32 may
lie on the other side of a value; LightGBM takes a missing value for 0 where training had none; and XGBoost's
intercept is forgotten where the first tree has no branches.
"""

from __future__ import annotations

import copy
import sys
from types import SimpleNamespace
from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline

from .scaling import LIMIT, Standardiser

CLASSIFIER = {"nocl": [True, False], "zipmap": [True, False, "columns"], "raw_scores": [True, False]}


def register() -> None:
    """Tell skl2onnx of the converters below, and of those libraries alone that have been imported already."""
    from skl2onnx import update_registered_converter as update
    from skl2onnx.common.shape_calculator import calculate_linear_classifier_output_shapes as classes
    from skl2onnx.common.shape_calculator import calculate_linear_regressor_output_shapes as numbers

    update(Standardiser, "Standardiser", standardised_shape, convert_standardiser)
    if lightgbm := sys.modules.get("lightgbm"):
        update(lightgbm.LGBMClassifier, "LGBMClassifier", classes, convert_lightgbm, options=CLASSIFIER)
        update(lightgbm.LGBMRegressor, "LGBMRegressor", numbers, convert_lightgbm)
    if xgboost := sys.modules.get("xgboost"):
        update(xgboost.XGBClassifier, "XGBClassifier", classes, convert_xgboost, options=CLASSIFIER)
        update(xgboost.XGBRegressor, "XGBRegressor", numbers, convert_xgboost)


def rounded_down(threshold: float) -> float:
    """Return the largest float32 that isn't above a threshold: both part float32 values alike."""
    with np.errstate(over="ignore"):
        nearest = np.float32(threshold)
    below = np.nextafter(nearest, np.float32(-np.inf))
    return float(nearest) if float(nearest) <= threshold else float(below)


def with_float32_thresholds(pipeline: Pipeline) -> Pipeline:
    """Return a copy of the pipeline; the thresholds of histogram boosting, whose converter only casts them, fit."""
    pipeline = copy.deepcopy(pipeline)
    for tree in (tree for trees in getattr(pipeline[-1], "_predictors", ()) for tree in trees):
        tree.nodes["num_threshold"] = [rounded_down(value) for value in tree.nodes["num_threshold"]]
    return pipeline


def convert_lightgbm(scope: Any, operator: Any, container: Any) -> None:
    """Convert with onnxmltools what LightGBM dumps, once its trees are mended."""
    from onnxmltools.convert.lightgbm.operator_converters.LightGbm import convert_lightgbm as convert

    estimator = operator.raw_operator
    dump = estimator.booster_.dump_model()
    for tree in dump["tree_info"]:
        mend(tree["tree_structure"])
    booster = SimpleNamespace(is_mock=True, dump_model=lambda: dump)
    classes = getattr(estimator, "classes_", ())
    operator.raw_operator = SimpleNamespace(booster_=booster, boosting_type="gbdt", classes_=classes)
    convert(scope, operator, container)
    operator.raw_operator = estimator


def mend(tree: dict[str, Any]) -> None:
    """Give each branch of a dumped tree a float32 threshold and the side that missing values really take."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if "threshold" not in node:
            continue
        if node["missing_type"] == "None":
            node |= {"missing_type": "NaN", "default_left": node["threshold"] >= 0}
        node["threshold"] = rounded_down(node["threshold"])
        waiting += [node["left_child"], node["right_child"]]


def convert_xgboost(scope: Any, operator: Any, container: Any) -> None:
    """Convert with onnxmltools, then set the intercept of two classes, which it takes for a logit at times."""
    from onnx.helper import make_attribute
    from onnxmltools.convert.xgboost.common import get_xgb_params
    from onnxmltools.convert.xgboost.operator_converters.XGBoost import convert_xgboost as convert

    convert(scope, operator, container)
    params = get_xgb_params(operator.raw_operator)
    if params["objective"] == "binary:logistic":
        share, node = params["base_score"][0], container.nodes[-1]
        others = [attribute for attribute in node.attribute if attribute.name != "base_values"]
        del node.attribute[:]
        node.attribute.extend([*others, make_attribute("base_values", [float(np.log(share / (1 - share)))])])


def standardised_shape(operator: Any) -> None:
    """Say that Standardiser answers with two columns for each."""
    from skl2onnx.common.data_types import FloatTensorType

    operator.outputs[0].type = FloatTensorType([None, 2 * len(operator.raw_operator.center_)])


def convert_standardiser(scope: Any, operator: Any, container: Any) -> None:
    """Write Standardiser.transform as a graph, operation by operation."""
    from onnx import TensorProto
    from skl2onnx.algebra.onnx_ops import OnnxCast, OnnxClip, OnnxConcat, OnnxDiv, OnnxIsNaN, OnnxSub, OnnxWhere

    scaler, numbers, opset = operator.raw_operator, operator.inputs[0], {"op_version": container.target_opset}
    missing = OnnxIsNaN(numbers, **opset)
    units = OnnxDiv(OnnxSub(numbers, scaler.center_, **opset), scaler.scale_, **opset)
    present = OnnxWhere(missing, np.zeros(1, dtype=np.float32), units, **opset)
    limited = OnnxClip(present, np.array(-LIMIT), np.array(LIMIT), **opset)
    flags = OnnxCast(missing, to=TensorProto.FLOAT, **opset)
    OnnxConcat(limited, flags, axis=1, output_names=operator.outputs, **opset).add_to(scope, container)
