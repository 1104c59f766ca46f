# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The parameters of both nodes: each default, range and description exists here and only here.

The rclpy descriptors, config/*.yaml and the README's tables are made from these two classes:
`python -m hand_landmarks_ros.ros.parameters --yaml NODE` and `--markdown`.
"""

# ruff: noqa: T201 - a command-line tool

from __future__ import annotations

import argparse
import difflib
import json
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from ..backends.engine_options import EngineOptions
from ..core.errors import ParameterError
from ..core.options import DETECTOR_RATES_HZ, MOST_HANDS, NO_DETECTOR, PipelineOptions

Value = bool | int | float | str


@dataclass(frozen=True)
class Rule:
    """What a parameter means and which values it takes.

    dynamic: it may change at run time. is_text_even_if_number: a text that YAML and the command
    line read as a number when it looks like one.
    """

    description: str
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    dynamic: bool = False
    is_text_even_if_number: bool = False

    @property
    def allowed(self) -> str:
        """The allowed values in words, empty when any value will do."""
        if self.choices:
            return ", ".join(self.choices)
        if self.minimum is not None:
            return f"{self.minimum:g} to {self.maximum:g}"
        return ""


def _parameter(default: Value, description: str, **rule: Any) -> Any:
    return field(default=default, metadata={"rule": Rule(description, **rule)})


class _Parameters:
    """What both parameter classes share."""

    def __post_init__(self) -> None:
        for name in rules(type(self)):
            check(type(self), name, getattr(self, name))


@dataclass(frozen=True)
class NodeParameters(_Parameters):
    """Parameters of the node `hand_landmarks`."""

    autostart: bool = _parameter(
        True, "Configure and activate at start; false leaves that to a lifecycle manager."
    )
    model: str = _parameter(
        "hand_landmarks", "Name of a shipped model, or path of an .onnx file made by this package."
    )
    detector: str = _parameter(
        "hand_detector",
        "Name or path of a model that finds hands; `none` makes the whole image the region of "
        "interest.",
    )
    detector_rate_hz: float = _parameter(
        PipelineOptions.detector_rate_hz,
        "How often, at most, the detector looks while fewer than max_hands are in view.",
        minimum=DETECTOR_RATES_HZ[0],
        maximum=DETECTOR_RATES_HZ[1],
        dynamic=True,
    )
    min_detection_score: float = _parameter(
        PipelineOptions.min_detection_score,
        "What the detector is less sure of is not looked at, unless it is seen again, or a hand "
        "has just been lost.",
        minimum=0.0,
        maximum=1.0,
        dynamic=True,
    )
    backend: str = _parameter(
        "auto",
        "What runs the networks; `onnxruntime` runs them on the CPU.",
        choices=("auto", "tensorrt", "onnxruntime", "onnxruntime_cuda", "onnxruntime_tensorrt"),
    )
    precision: str = _parameter(
        "fp16", "Precision of the TensorRT engine.", choices=("fp16", "fp32")
    )
    n_threads: int = _parameter(0, "Threads of ONNX Runtime; 0 chooses.", minimum=0, maximum=64)
    engine_cache_dir: str = _parameter(
        "", "Where TensorRT engines are kept; empty is `$XDG_CACHE_HOME/hand_landmarks_ros`."
    )
    workspace_mib: int = _parameter(
        EngineOptions.workspace_mib,
        "Most memory a layer of a TensorRT engine may use while it computes.",
        minimum=16,
        maximum=65536,
    )
    cuda_graph: bool = _parameter(
        EngineOptions.cuda_graph, "Record TensorRT's launches once and replay them."
    )
    gpu: int = _parameter(
        EngineOptions.device, "Index of the GPU that TensorRT uses.", minimum=0, maximum=15
    )
    max_hands: int = _parameter(
        2,
        "Most hands followed at a time; without a detector it is always one.",
        minimum=1,
        maximum=MOST_HANDS,
        dynamic=True,
    )
    smoothing: str = _parameter(
        PipelineOptions.smoothing,
        "Filter of the landmarks over time.",
        choices=("kalman", "one_euro", "none"),
        dynamic=True,
    )
    min_hand_score: float = _parameter(
        PipelineOptions.min_hand_score,
        "Hands with a lower score are not reported.",
        minimum=0.0,
        maximum=1.0,
        dynamic=True,
    )
    coast_s: float = _parameter(
        PipelineOptions.coast_s,
        "A lost hand is reported this long where it is predicted.",
        minimum=0.0,
        maximum=10.0,
        dynamic=True,
    )
    memory_s: float = _parameter(
        PipelineOptions.memory_s,
        "A lost hand that comes back within this time keeps its id; then it ends.",
        minimum=0.0,
        maximum=10.0,
        dynamic=True,
    )
    n_search_regions: int = _parameter(
        PipelineOptions.n_search_regions,
        "Places searched in each image with neither detector nor hand; more cost more time.",
        minimum=1,
        maximum=64,
        dynamic=True,
    )
    mirrored_input: bool = _parameter(
        PipelineOptions.mirrored_input,
        "True when the images are mirrored (selfie view): swaps left and right.",
        dynamic=True,
    )
    image_transport: str = _parameter(
        "raw",
        "`raw` subscribes to `image`, `compressed` to `image/compressed`.",
        choices=("raw", "compressed"),
    )
    image_is_rectified: bool = _parameter(
        False,
        "True when the images are rectified: markers and metric landmarks then use P instead of K "
        "and D.",
    )
    depth_tolerance_s: float = _parameter(
        0.02,
        "Most that the stamps of an image and of its depth image may differ.",
        minimum=0.0,
        maximum=1.0,
        dynamic=True,
    )
    publish_markers: bool = _parameter(
        True, "Publish `~/markers` while somebody listens and `camera_info` arrives.", dynamic=True
    )
    palm_length_m: float = _parameter(
        0.09,
        "Assumed length from wrist to middle finger MCP, which sets the distance of the markers "
        "without a depth image.",
        minimum=0.02,
        maximum=0.3,
        dynamic=True,
    )
    jpeg_quality: int = _parameter(
        80, "Quality of `~/annotated_image/compressed`.", minimum=1, maximum=100, dynamic=True
    )
    image_timeout_s: float = _parameter(
        2.0,
        "Diagnostics warn when no image came for this long.",
        minimum=0.1,
        maximum=3600.0,
        dynamic=True,
    )
    diagnostics_period_s: float = _parameter(
        1.0, "Time between two messages on `/diagnostics`.", minimum=0.1, maximum=60.0
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        self.pipeline_options()

    def engine_options(self) -> EngineOptions:
        """Return the options of TensorRT engines."""
        directory = self.engine_cache_dir
        return EngineOptions(
            max_batch=EngineOptions.max_batch_for(self.max_hands),
            workspace_mib=self.workspace_mib,
            cache_directory=Path(directory).expanduser() if directory else None,
            cuda_graph=self.cuda_graph,
            device=self.gpu,
        )

    def pipeline_options(self) -> PipelineOptions:
        """Return the options of the pipeline; raises ParameterError where they make no sense."""
        values = {f.name: getattr(self, f.name) for f in fields(PipelineOptions)}
        if self.detector == NO_DETECTOR:
            values["max_hands"] = 1
        return PipelineOptions(**values)


@dataclass(frozen=True)
class CameraParameters(_Parameters):
    """Parameters of the node `camera`."""

    source: str = _parameter(
        "synthetic",
        "`synthetic` (the shipped clip with ground truth), a device index such as `0`, a video "
        "file, or a folder of images.",
        is_text_even_if_number=True,
    )
    rate_hz: float = _parameter(
        0.0,
        "Images a second of a video or folder; 0 keeps the video's own rate, 30 for a folder.",
        minimum=0.0,
        maximum=1000.0,
    )
    loop: bool = _parameter(True, "Start a video or folder again at its end, instead of stopping.")
    frame_id: str = _parameter("camera_optical_frame", "Frame of the images (REP-103).")
    camera_info_file: str = _parameter(
        "", "Calibration YAML of camera_calibration; empty guesses from horizontal_fov_rad."
    )
    horizontal_fov_rad: float = _parameter(
        0.98,
        "Horizontal field of view of an uncalibrated camera; the shipped clip's is 0.98.",
        minimum=0.1,
        maximum=3.0,
    )


PARAMETERS_OF_NODE = {"hand_landmarks": NodeParameters, "camera": CameraParameters}


def rules(parameters: type[_Parameters]) -> dict[str, Rule]:
    """Return the rule of each parameter by name, in order of declaration."""
    return {f.name: f.metadata["rule"] for f in fields(parameters)}  # type: ignore[arg-type]


def default(parameters: type[_Parameters], name: str) -> Value:
    """Return a parameter's default value."""
    value: Value = getattr(parameters, name)
    return value


def check(parameters: type[_Parameters], name: str, value: Value) -> None:
    """Raise ParameterError unless the parameter exists and may take the value."""
    if name not in rules(parameters):
        raise ParameterError(unknown_name(parameters, name))
    rule, kind = rules(parameters)[name], type(default(parameters, name))
    if type(value) is not kind:
        raise ParameterError(
            f"parameter '{name}' is {value!r} ({type(value).__name__}), expected {kind.__name__}"
        )
    if rule.choices and value not in rule.choices:
        raise ParameterError(f"parameter '{name}' is {value!r}, expected one of: {rule.allowed}")
    if rule.minimum is not None and not rule.minimum <= value <= rule.maximum:  # type: ignore[operator]
        raise ParameterError(f"parameter '{name}' is {value!r}, expected {rule.allowed}")


def unknown_name(parameters: type[_Parameters], name: str) -> str:
    """Say that a parameter does not exist, and which one may have been meant."""
    close = difflib.get_close_matches(name, rules(parameters), n=1)
    hint = f"did you mean '{close[0]}'?" if close else f"known are {', '.join(rules(parameters))}"
    return f"parameter '{name}' is unknown to this node; {hint}"


def to_yaml(node: str) -> str:
    """Return the parameter file of a node: every default, with description and range as comment."""
    parameters = PARAMETERS_OF_NODE[node]
    lines = [
        f"# Parameters of the node `{node}` and their defaults.",
        f"# Written by: python -m hand_landmarks_ros.ros.parameters --yaml {node}",
        "/**:",
        "  ros__parameters:",
    ]
    for name, rule in rules(parameters).items():
        allowed = f" ({rule.allowed})" if rule.allowed else ""
        lines += [
            f"    # {rule.description}{allowed}",
            # JSON's scalars are YAML's too.
            f"    {name}: {json.dumps(default(parameters, name))}",
        ]
    return "\n".join(lines) + "\n"


def to_markdown() -> str:
    """Return the README's tables of both nodes' parameters."""
    tables = []
    for node, parameters in PARAMETERS_OF_NODE.items():
        rows = [
            f"Node `{node}` (¹ may change at run time):",
            "",
            "| parameter | default | values | meaning |",
            "|---|---|---|---|",
        ]
        for name, rule in rules(parameters).items():
            mark = "¹" if rule.dynamic else ""
            value = json.dumps(default(parameters, name))
            rows.append(f"| `{name}`{mark} | `{value}` | {rule.allowed} | {rule.description} |")
        tables.append("\n".join(rows))
    return "\n\n".join(tables) + "\n"


def main() -> None:
    """Print a node's parameter file, or the README's tables."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--yaml", metavar="NODE", choices=sorted(PARAMETERS_OF_NODE))
    what.add_argument("--markdown", action="store_true")
    arguments = parser.parse_args()
    print(to_markdown() if arguments.markdown else to_yaml(arguments.yaml), end="")


if __name__ == "__main__":
    main()
