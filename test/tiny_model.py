# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A landmark model that needs no training: it finds disks of 21 known colours.

So the whole path, from the pixels of a drawn image through a real .onnx file to landmarks, can be
tested against truth that is exact. Each landmark has its colour; the network measures how well each
pixel fits each colour and blurs that by a Gaussian, whose peak is the disk's centre.
"""

from __future__ import annotations

import itertools
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from hand_landmarks_ros.core.model_card import ModelCard
from hand_landmarks_ros.core.topology import FINGERS, N_LANDMARKS

COLOURS = np.array(list(itertools.product((0, 128, 255), repeat=3))[1:], np.float32)
"""26 colours, none of them black: one for each landmark, and more."""

RIGHT_HAND_COLOUR = len(COLOURS) - 1
"""Index of the colour, white, of a disk in the palm of right hands."""

CARD = ModelCard(
    name="coloured_disks",
    version="1",
    input_size_px=128,
    stride_px=4,
    sigma_px=1.5,
    outputs=("heatmaps", "presence", "handedness"),
    training_data="none",
    licence="Apache-2.0",
)

OUTPUT_SHAPES = {
    "heatmaps": ["N", N_LANDMARKS, 32, 32],
    "presence": ["N"],
    "handedness": ["N"],
}


def hand_xy_px(centre_px=(160.0, 120.0), length_px=150.0, angle_rad=0.0) -> np.ndarray:
    """Return an open hand, (21, 2), fingers up before it is turned clockwise by the angle."""
    xy = np.zeros((N_LANDMARKS, 2))
    xy[0] = (0.0, 0.5)
    roots_and_tips = {
        "thumb": ((-0.14, 0.36), (-0.45, 0.02)),
        "index": ((-0.17, -0.02), (-0.27, -0.42)),
        "middle": ((-0.03, -0.05), (-0.06, -0.5)),
        "ring": ((0.11, -0.02), (0.14, -0.44)),
        "pinky": ((0.23, 0.05), (0.35, -0.3)),
    }
    for finger, (root, tip) in roots_and_tips.items():
        xy[list(FINGERS[finger])] = np.linspace(root, tip, 4)
    cos, sin = np.cos(angle_rad), np.sin(angle_rad)
    return xy @ np.array([[cos, sin], [-sin, cos]]) * length_px + np.asarray(centre_px)


def draw_disks(image: np.ndarray, xy_px: np.ndarray, radius_px=5.0, *, right_hand=True) -> None:
    """Draw the coloured disks of one hand into an RGB image, with exact sub-pixel centres."""
    _draw_disks(image, xy_px, COLOURS[:N_LANDMARKS], radius_px)
    if right_hand:
        palm_px = xy_px[[0, 5, 17]].mean(axis=0, keepdims=True)
        _draw_disks(image, palm_px, COLOURS[[RIGHT_HAND_COLOUR]], radius_px)


def draw_hand_image(
    xy_px: np.ndarray, width_px=320, height_px=240, radius_px=5.0, *, right_hand=True
) -> np.ndarray:
    """Return a black image with the disks of one hand."""
    image = np.zeros((height_px, width_px, 3), np.uint8)
    draw_disks(image, xy_px, radius_px, right_hand=right_hand)
    return image


def _draw_disks(
    image: np.ndarray, centres_px: np.ndarray, colours: np.ndarray, radius_px: float
) -> None:
    reach_px = int(np.ceil(radius_px)) + 1
    for (x_px, y_px), colour in zip(centres_px, colours, strict=True):
        left, top = (max(0, int(value) - reach_px) for value in (x_px, y_px))
        patch = image[top : int(y_px) + reach_px + 1, left : int(x_px) + reach_px + 1]
        rows, columns = np.indices(patch.shape[:2])
        distance_px = np.hypot(columns + left - x_px, rows + top - y_px)
        coverage = np.clip(radius_px + 0.5 - distance_px, 0, 1)[..., None]
        patch[:] = np.round(coverage * colour + (1 - coverage) * patch)


def save_tiny_model(
    path: Path,
    *,
    card: ModelCard | None = CARD,
    shapes: dict[str, list] | None = None,
    z_per_landmark: float | None = None,
    input_name: str = "image",
    open_sizes: bool = False,
) -> Path:
    """Write the model; the options make one with a z output (landmark number times z_per_landmark),
    without a card, with image and map sizes left open, or one that breaks its card's promises."""
    shapes = dict(OUTPUT_SHAPES if shapes is None else shapes)
    graph = _Graph(input_name)
    graph.find_disks()
    if z_per_landmark is not None:
        graph.add_z(z_per_landmark)
        shapes["z"] = ["N", N_LANDMARKS]
        card = replace(card, outputs=(*card.outputs, "z")) if card else None
    height, width = ("H", "W") if open_sizes else [CARD.input_size_px] * 2
    if open_sizes:
        shapes["heatmaps"] = ["N", N_LANDMARKS, "h", "w"]
    onnx_graph = helper.make_graph(
        graph.nodes,
        "coloured_disks",
        [helper.make_tensor_value_info(input_name, TensorProto.UINT8, ["N", height, width, 3])],
        [helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in shapes.items()],
        graph.constants,
    )
    model = helper.make_model(onnx_graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    helper.set_model_props(model, card.to_metadata() if card else {"author": "somebody else"})
    onnx.save(model, str(path))
    return path


def card_with(**changes) -> ModelCard:
    """Return the model's card with some values changed."""
    return ModelCard(**{**asdict(CARD), **changes})


class _Graph:
    """Collects the nodes and constants of the network."""

    def __init__(self, input_name: str) -> None:
        self.input_name = input_name
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def find_disks(self) -> None:
        """Fit of each pixel to each colour, blurred on the grid of the heatmaps, and its maxima."""
        n = len(COLOURS)
        self._node("Cast", [self.input_name], "pixels", to=TensorProto.FLOAT)
        self._node("Transpose", ["pixels"], "planes", perm=[0, 3, 1, 2])
        # |pixel - colour|^2 = |pixel|^2 + |colour|^2 - 2 pixel . colour
        self._node("Mul", ["planes", "planes"], "squares")
        self._node("ReduceSum", ["squares", self._constant([1], np.int64)], "pixel_norm")
        products = self._constant(-2 * COLOURS[:, :, None, None])
        colour_norms = self._constant((COLOURS**2).sum(axis=1))
        self._node("Conv", ["planes", products, colour_norms], "without_pixel_norm")
        self._node("Add", ["without_pixel_norm", "pixel_norm"], "distance")
        self._node("Mul", ["distance", self._constant(-1 / (2 * 25.0**2))], "exponent")
        self._node("Exp", ["exponent"], "fit")
        kernel = _gaussian_kernel(CARD.stride_px * CARD.sigma_px, half_steps=8)
        pad = (len(kernel) - CARD.stride_px) // 2
        self._node(
            "Conv",
            ["fit", self._constant(np.tile(kernel, (n, 1, 1, 1)))],
            "blurred",
            group=n,
            strides=[CARD.stride_px] * 2,
            pads=[pad] * 4,
        )
        self._node("Pow", ["blurred", self._constant(0.25)], "maps")
        self._slice("maps", 0, N_LANDMARKS, "heatmaps")
        self._slice("maps", RIGHT_HAND_COLOUR, n, "badge")
        self._node("ReduceMax", ["heatmaps"], "peaks", axes=[2, 3], keepdims=0)
        self._node("ReduceMean", ["peaks"], "mean_peak", axes=[1], keepdims=0)
        self._step("mean_peak", "presence")
        self._node("ReduceMax", ["badge"], "badge_peak", axes=[1, 2, 3], keepdims=0)
        self._step("badge_peak", "handedness")

    def add_z(self, z_per_landmark: float) -> None:
        """Give each landmark a depth that grows with its number."""
        depths = np.arange(N_LANDMARKS) * z_per_landmark + 100.0
        self._node("Mul", ["peaks", self._constant(0.0)], "no_depths")
        self._node("Add", ["no_depths", self._constant(depths)], "z")

    def _step(self, value: str, output: str) -> None:
        """A soft step from 0 to 1 at a peak of 0.35."""
        self._node("Sub", [value, self._constant(0.35)], f"{output}_shifted")
        self._node("Mul", [f"{output}_shifted", self._constant(40.0)], f"{output}_logit")
        self._node("Sigmoid", [f"{output}_logit"], output)

    def _slice(self, value: str, start: int, stop: int, output: str) -> None:
        bounds = [self._constant([i], np.int64) for i in (start, stop, 1)]
        self._node("Slice", [value, *bounds], output)

    def _node(self, operator: str, inputs: list[str], output: str, **attributes) -> None:
        self.nodes.append(helper.make_node(operator, inputs, [output], **attributes))

    def _constant(self, value, dtype=np.float32) -> str:
        name = f"constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(value, dtype), name))
        return name


def _gaussian_kernel(sigma_px: float, half_steps: int) -> np.ndarray:
    """Return a kernel of sum 1 and even size, whose centre falls on that of a stride's cell."""
    size = CARD.stride_px + 2 * half_steps
    offset = np.arange(size) - (size - 1) / 2
    profile = np.exp(-0.5 * (offset / sigma_px) ** 2)
    kernel = np.outer(profile, profile)
    return kernel / kernel.sum()
