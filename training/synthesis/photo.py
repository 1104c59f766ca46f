# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""From linear light to the photograph a cheap camera would have taken."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from training.synthesis.background import BackgroundSampler, blur, sample_background
from training.synthesis.body import BODY_OWNER
from training.synthesis.compiled import compiled
from training.synthesis.renderer import Rendering
from training.synthesis.skin import LUMINANCE

Image = NDArray[np.float32]
Mask = NDArray[np.bool_]

PROBABILITY_OF_OCCLUDER = 0.07
PROBABILITY_OF_MOTION_BLUR = 0.2
PROBABILITY_OF_DEFOCUS = 0.5
PROBABILITY_OF_JPEG = 0.5
MAX_MOTION_PX = 9
KNEE, KNEE_WIDTH = 0.8, 0.4
"""Above the knee the tone curve bends towards white."""
EXPOSURE_STEP = 3
"""Every third pixel is enough to set the exposure."""
TONE_STEPS = 4096
TONE_MAX = 2.0


@dataclass(frozen=True, slots=True, eq=False)
class Photo:
    """image: (H, W, 3) uint8 RGB; occluder: (H, W) where something hides the scene, or None."""

    image: NDArray[np.uint8]
    occluder: Mask | None


def take_photo(
    rendering: Rendering,
    skin_luminance: float,
    rng: np.random.Generator,
    background: BackgroundSampler = sample_background,
    max_motion_px: int = MAX_MOTION_PX,
) -> Photo:
    """Expose, put in front of a background, blur, and pass through a noisy sensor and JPEG."""
    height, width = rendering.coverage.shape
    exposure = exposure_of(rendering, skin_luminance) * np.exp(rng.normal(0, 0.3))
    behind = background(width, height, rng)
    behind *= np.float32(rng.uniform(0.4, 1.1))
    light = compose(rendering, behind, exposure)
    occluder = None
    if rng.random() < PROBABILITY_OF_OCCLUDER:
        light, occluder = _with_occluder(light, background, rng)
    if rng.random() < PROBABILITY_OF_MOTION_BLUR:
        light = _motion_blurred(light, max_motion_px, rng)
    elif rng.random() < PROBABILITY_OF_DEFOCUS:
        light = blur(light, float(rng.uniform(0.3, 1.1)))
    light *= np.clip(1 + rng.normal(0, 0.05, 3), 0.8, 1.2).astype(np.float32)
    noise = rng.uniform(0.3, 4.0) * (2 if rng.random() < 0.15 else 1)
    image = sensor_image(light, noise, rng)
    if rng.random() < PROBABILITY_OF_JPEG:
        image = _jpeg(image, int(rng.integers(45, 96)))
    return Photo(image, occluder)


def exposure_of(rendering: Rendering, skin_luminance: float) -> float:
    """Return the factor that brings the skin to a usual brightness, which keeps its tone."""
    owners = rendering.owners()[::EXPOSURE_STEP, ::EXPOSURE_STEP]
    inside = (rendering.coverage[::EXPOSURE_STEP, ::EXPOSURE_STEP] > 0.9) & (owners < BODY_OWNER)
    if not inside.any():
        return 1.0
    light = rendering.light[::EXPOSURE_STEP, ::EXPOSURE_STEP][inside]
    luminance = float(light.mean(0) @ LUMINANCE)
    return (0.16 + 0.42 * skin_luminance) / max(luminance, 0.01)


def _with_occluder(
    light: Image, background: BackgroundSampler, rng: np.random.Generator
) -> tuple[Image, Mask]:
    height, width = light.shape[:2]
    size = np.array([width, height])
    centre = rng.uniform(0.2, 0.8, 2) * size
    corners = centre + rng.normal(0, 0.13, (int(rng.integers(3, 7)), 2)) * size
    outline = np.zeros((height, width), np.float32)
    cv2.fillPoly(outline, [cv2.convexHull(corners.astype(np.int32))], 1.0)
    mask = np.asarray(cv2.GaussianBlur(outline, (0, 0), 1.0), np.float32)
    cover = background(width, height, rng)
    return light + mask[..., None] * (cover - light), mask > 0.5


def _motion_blurred(light: Image, max_motion_px: int, rng: np.random.Generator) -> Image:
    """Average along a short straight path, centred so that the labels stay in its middle."""
    length = min(int(rng.integers(1, 5)), max_motion_px // 2) * 2 + 1
    kernel = np.zeros((length, length), np.float32)
    angle = rng.uniform(0, np.pi)
    reach = np.array([np.cos(angle), np.sin(angle)]) * (length - 1) / 2
    middle = (length - 1) / 2
    x0, y0 = np.round(middle - reach).astype(int)
    x1, y1 = np.round(middle + reach).astype(int)
    cv2.line(kernel, (int(x0), int(y0)), (int(x1), int(y1)), 1.0, 1)
    symmetric = kernel + kernel[::-1, ::-1]
    symmetric /= symmetric.sum()
    blurred = cv2.filter2D(light, -1, symmetric, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(blurred, np.float32)


def compose(rendering: Rendering, behind: Image, exposure: float) -> Image:
    """Return the (H, W, 3) light of a rendering, exposed, in front of a background."""
    return _composed(rendering.light, rendering.coverage, behind, float(exposure))


@compiled
def _composed(light: Image, coverage: Image, behind: Image, exposure: float) -> Image:
    """Put premultiplied light, exposed, over what is behind it."""
    out = behind.copy()
    for y in range(out.shape[0]):
        for x in range(out.shape[1]):
            if coverage[y, x] > 0:
                for k in range(3):
                    out[y, x, k] *= 1 - coverage[y, x]
                    out[y, x, k] += light[y, x, k] * exposure
    return out


def _tone_curve() -> NDArray[np.float32]:
    """Tabulate shoulder and sRGB encoding over linear 0-2, to 0-255."""
    x = np.linspace(0, TONE_MAX, TONE_STEPS)
    x = np.where(x < KNEE, x, KNEE + (1 - KNEE) * np.tanh((x - KNEE) / KNEE_WIDTH))
    encoded = np.where(x <= 0.0031308, 12.92 * x, 1.055 * x ** (1 / 2.4) - 0.055)
    return (255 * encoded).astype(np.float32)


TONE_CURVE = _tone_curve()
TONE_NOISE = np.sqrt(1 - TONE_CURVE * np.float32(0.7 / 255))
"""Deviation of the noise at each step of the curve: less of it where it is bright."""
SENSOR_NOISE = np.random.default_rng(0).standard_normal(1 << 20, dtype=np.float32)
"""Drawn once: every image starts reading it at another place."""


def sensor_image(light: Image, noise: float, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Encode linear light; `noise` is the deviation in the shadows, in steps of 1/255."""
    start = int(rng.integers(len(SENSOR_NOISE)))
    return _encoded(light, TONE_CURVE, TONE_NOISE * np.float32(noise), SENSOR_NOISE, start)


@compiled
def _encoded(
    light: Image, curve: Image, deviation: Image, normals: Image, start: int
) -> NDArray[np.uint8]:
    """Look up the tone curve (values and noise, both (TONE_STEPS,)) and add noise."""
    out = np.empty(light.shape, np.uint8)
    n = start
    scale = np.float32((len(curve) - 1) / TONE_MAX)
    last = np.float32(len(curve) - 1)
    for y in range(light.shape[0]):
        for x in range(light.shape[1]):
            for k in range(3):
                step = int(min(max(light[y, x, k] * scale, np.float32(0)), last))
                n += 1
                if n == len(normals):
                    n = 0
                value = curve[step] + deviation[step] * normals[n] + np.float32(0.5)
                out[y, x, k] = int(min(max(value, np.float32(0)), np.float32(255)))
    return out


def _jpeg(image: NDArray[np.uint8], quality: int) -> NDArray[np.uint8]:
    _, encoded = cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    decoded = np.asarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR), np.uint8)
    return np.ascontiguousarray(decoded[..., ::-1])
