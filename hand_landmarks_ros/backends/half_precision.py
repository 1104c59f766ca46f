# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Makes a float16 ONNX model of a float32 one, for a TensorRT without the FP16 flag."""

from __future__ import annotations

from ..core.errors import ModelError, ParameterError


def to_half_precision(onnx_bytes: bytes) -> bytes:
    """Return the model with float16 weights and operators; inputs and outputs keep their types.

    Raises ParameterError where the packages for it are missing, ModelError for a model that cannot
    be converted.
    """
    try:
        import onnx
        from onnxruntime.transformers.onnx_model import OnnxModel
    except ImportError as error:
        raise ParameterError(
            "this version of TensorRT takes its precision from the model, which has to be "
            f"converted to float16 by packages that are missing ({error}); install them with "
            "`pip3 install onnx onnxruntime`, or set precision to fp32"
        ) from error
    try:
        model = OnnxModel(onnx.load_from_string(onnx_bytes))
        # By default some operators stay in float32 that TensorRT has in float16.
        model.convert_float_to_float16(
            use_symbolic_shape_infer=False, keep_io_types=True, op_block_list=[]
        )
        model.topological_sort()
        onnx.checker.check_model(model.model)
    except Exception as error:  # onnx and protobuf raise many kinds
        raise ModelError(
            f"the model cannot be converted to float16 ({error}); set precision to fp32"
        ) from error
    serialized: bytes = model.model.SerializeToString()
    return serialized
