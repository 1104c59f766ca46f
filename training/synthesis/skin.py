# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What a subject's skin looks like: tone, palm, marks, veins, nails, baked into one texture."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from training.synthesis.skin_regions import (
    BLOTCH_M,
    BROAD_M,
    FINE_M,
    MOTTLE_M,
    N_NOISE_FIELDS,
    SPOT_M,
    SkinRegions,
)
from training.synthesis.vectors import unit

Floats = NDArray[np.float64]

MONK_TONES_SRGB = (
    *("f6ede4", "f3e7db", "f7ead0", "eadaba", "d7bd96"),
    *("a07e56", "825c43", "604134", "3a312a", "292420"),
)
"""Monk Skin Tone scale, lightest to darkest (Monk 2019, skintone.google)."""
ITA_LIMITS_DEG = (55, 41, 28, 10, -30)
"""Between very light, light, intermediate, tan, brown and dark skin."""
LUMINANCE = np.array([0.2, 0.7, 0.1])
PALM_COLOUR = np.array([0.52, 0.29, 0.20])
NAIL_COLOUR = np.array([0.75, 0.46, 0.40])
BLOOD_TINT = np.array([1.05, 0.72, 0.74])
CREASE_DARKENING = np.array([0.35, 0.45, 0.45])
VEIN_DARKENING = np.array([0.30, 0.16, 0.08])
PROBABILITY_OF_NAIL_POLISH = 0.12


@dataclass(frozen=True, slots=True, eq=False)
class Skin:
    """One subject's skin. Colours are linear, 0-1."""

    texture: NDArray[np.float32]
    """(size, size, 5): red, green, blue, height in metres, fingernail 0-1."""
    arm_colour: Floats
    """(3,) of the forearm, which the atlas does not cover."""
    tone: int
    """Index on the Monk scale, 0 (lightest) to 9."""
    roughness: float
    specular: float

    @property
    def luminance(self) -> float:
        """Return how light the forearm is, 0-1."""
        return float(self.arm_colour @ LUMINANCE)

    @property
    def ita_class(self) -> int:
        """Return the skin colour type, 1 (very light) to 6 (dark).

        Classes of the individual typology angle of the forearm: Chardon et al., "Skin colour
        typology and suntanning pathways", International Journal of Cosmetic Science 1991.
        """
        colour = np.float32(self.arm_colour).reshape(1, 1, 3)
        lightness, _, yellowness = cv2.cvtColor(colour, cv2.COLOR_LRGB2Lab)[0, 0]
        angle_deg = np.degrees(np.arctan2(lightness - 50, yellowness))
        return 1 + int(sum(angle_deg < limit_deg for limit_deg in ITA_LIMITS_DEG))


def linear_from_srgb(value: ArrayLike) -> Floats:
    """Decode sRGB values in 0-1 (IEC 61966-2-1)."""
    value = np.asarray(value, np.float64)
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def monk_tone(tone: int) -> Floats:
    """Return the (3,) linear colour of a tone."""
    return linear_from_srgb(np.frombuffer(bytes.fromhex(MONK_TONES_SRGB[tone]), np.uint8) / 255)


def sample_skin(regions: SkinRegions, agedness: float, rng: np.random.Generator) -> Skin:
    """Sample a tone uniformly over the scale, then everything that lies on it."""
    tone = int(rng.integers(len(MONK_TONES_SRGB)))

    def random_field(wavelength_m: float) -> Floats:
        weights = unit(rng.normal(size=N_NOISE_FIELDS))
        return np.asarray(weights @ regions.noise[wavelength_m], np.float64)

    broad, blotch, mottle = (random_field(scale) for scale in (BROAD_M, BLOTCH_M, MOTTLE_M))
    spots, fine = random_field(SPOT_M), random_field(FINE_M)
    base = _base_colour(tone, rng)
    albedo = _palm_and_back(regions, base, tone, rng)
    albedo = _blood(regions, albedo, tone, blotch, rng)
    variation = 0.05 * rng.uniform(0.4, 1.6) * mottle + 0.03 * rng.uniform(0.3, 1.5) * spots
    albedo *= 1 + (variation + 0.06 * broad)[:, None]
    crease_depth, wrinkle_depth = rng.uniform(0.3, 1.0), rng.uniform(0.1, 0.35)
    depth = crease_depth * (1.2 if tone > 4 else 1.0)
    albedo *= 1 - depth * CREASE_DARKENING * regions.creases[:, None]
    albedo *= 1 - wrinkle_depth * (1 + 0.8 * agedness) * regions.wrinkles[:, None]
    vein: Floats = np.exp(-((random_field(BLOTCH_M) / 0.16) ** 2)) * regions.back
    vein *= rng.uniform(0, 0.8) ** 2 * (0.5 + agedness)
    albedo *= 1 - vein[:, None] * VEIN_DARKENING
    if rng.random() < 0.3 + 0.4 * agedness:
        age_spots = np.clip(1.5 * (random_field(SPOT_M) - 1.8), 0, 1) * (1 - regions.palmar)
        albedo *= 1 - 0.3 * age_spots[:, None]
    forearm = (regions.palmar < 0.3) & (regions.nails < 0.1)
    arm_colour = np.median(albedo[forearm], axis=0) * (1 + rng.normal(0, 0.03))
    nails = regions.nails[:, None]
    albedo = albedo * (1 - nails) + _nail_colour(albedo, base, rng) * nails
    height_m = _height_m(regions, crease_depth, vein, spots, fine, agedness, rng)
    columns = np.column_stack([np.clip(albedo, 0.002, 0.95), height_m, regions.nails])
    return Skin(
        texture=columns.astype(np.float32)[regions.fill],
        arm_colour=np.clip(arm_colour, 0.002, 0.95),
        tone=tone,
        roughness=rng.uniform(0.38, 0.62),
        specular=rng.uniform(0.5, 1.6),
    )


def _base_colour(tone: int, rng: np.random.Generator) -> Floats:
    """Warm the scale's colours, which are lit swatches rather than albedos."""
    base = monk_tone(tone) * rng.uniform(0.8, 1.08)
    if tone < 5:
        tint = np.array([0.93, 0.74, 0.66]) * rng.uniform(0.9, 1.0)
        return np.asarray(base * tint * (1 + rng.normal(0, 0.04, 3)))
    if tone < 7:
        return np.asarray(base * [1.1, 0.95, 0.85] * (1 + rng.normal(0, 0.05, 3)))
    tinted = base * [1.5, 1.03, 0.8] * (1 + rng.normal(0, 0.06, 3))
    return np.asarray(tinted + np.array([0.012, 0.006, 0.003]))


def _palm_and_back(
    regions: SkinRegions, base: Floats, tone: int, rng: np.random.Generator
) -> Floats:
    """Palms are lighter and redder, the more so the darker the skin."""
    lightening = min(0.58, 0.08 + 0.06 * tone)
    palm = base * (1 - lightening) + PALM_COLOUR * rng.uniform(0.6, 1.05) * lightening
    weight = np.clip(1.1 * regions.palmar, 0, 1) * regions.distal * (0.6 + 0.4 * min(tone / 5, 1))
    return np.asarray(base * (1 - weight[:, None]) + palm * weight[:, None])


def _blood(
    regions: SkinRegions, albedo: Floats, tone: int, blotch: Floats, rng: np.random.Generator
) -> Floats:
    """Redden knuckles and tips of light skin, darken the knuckles of dark skin."""
    strength = rng.uniform(0.1, 0.55) * (1 if tone < 6 else 0.5)
    amount = strength * regions.redness + 0.15 * regions.palmar * regions.distal
    amount = amount + 0.25 * rng.uniform(0.2, 0.8) * np.clip(blotch, -1, 1.5)
    amount = np.clip(amount, 0, 1)[:, None]
    albedo = albedo * (1 - amount + amount * BLOOD_TINT)
    if tone >= 5:
        marked = np.clip(regions.redness * (1 - regions.palmar) + 0.5 * regions.wrinkles, 0, 1)
        albedo = albedo * (1 - 0.35 * rng.uniform(0.3, 1) * marked[:, None])
    return np.asarray(albedo)


def _nail_colour(albedo: Floats, base: Floats, rng: np.random.Generator) -> Floats:
    if rng.random() < PROBABILITY_OF_NAIL_POLISH:
        return linear_from_srgb(rng.uniform(0, 1, 3) * [1, 0.6, 0.7])
    lightness = 0.45 + 0.55 * min(1.0, 1.6 * float(base @ LUMINANCE))
    return np.asarray((0.5 * albedo + 0.5 * lightness * NAIL_COLOUR) * rng.uniform(0.95, 1.2))


def _height_m(
    regions: SkinRegions,
    crease_depth: float,
    vein: Floats,
    spots: Floats,
    fine: Floats,
    agedness: float,
    rng: np.random.Generator,
) -> Floats:
    skin = -0.00045 * crease_depth * regions.creases + 0.0007 * vein
    skin = skin - 0.00028 * rng.uniform(0.3, 1.2) * (1 + agedness) * regions.wrinkles
    skin = skin + 0.0009 * rng.uniform(0, 1) * (0.4 + agedness) * regions.tendons
    skin = skin + 0.000035 * fine + 0.00004 * rng.uniform(0.3, 1 + agedness) * spots
    return np.asarray(skin * (1 - regions.nails) + 0.0003 * regions.nails)
