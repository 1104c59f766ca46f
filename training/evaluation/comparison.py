# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Measures models one after the other on the same labelled pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from hand_landmarks_ros.core.detection import HandDetector
from hand_landmarks_ros.core.inference import Backend
from hand_landmarks_ros.stills import finder_in_stills

from ..datasets.records import ImageRecord
from .detections import detector_figures
from .landmarks import CropModel, in_true_crops, in_whole_pictures
from .report import Report, detector_report, landmark_report
from .results import HandResults

Sets = Mapping[str, Sequence[ImageRecord]]


@dataclass
class Comparison:
    """What was measured so far: a report for each model, and what landmark models made of hands."""

    reports: list[Report] = field(default_factory=list)
    runs: dict[str, dict[str, HandResults]] = field(default_factory=dict)

    def add_detector(self, backend: Backend, sets: Sets) -> None:
        """Measure a detector."""
        figures = {name: detector_figures(backend, sets[name], name) for name in sets}
        figures = {name: found for name, found in figures.items() if found}
        if figures:
            self.reports.append(detector_report(self._label(backend.card.name), figures))

    def add_in_true_crops(self, model: CropModel, sets: Sets) -> None:
        """Measure a landmark model on the protocol's crops."""
        results = {name: in_true_crops(model, sets[name], name) for name in sets}
        self._add(model.name, results, may_miss=model.may_miss)

    def add_in_whole_pictures(
        self, backend: Backend, detector: HandDetector | None, max_hands: int, sets: Sets
    ) -> None:
        """Measure the pipeline on whole pictures, each on its own, also on those without a hand."""
        find_hands = finder_in_stills(backend, detector, max_hands)
        found = {set_: in_whole_pictures(find_hands, sets[set_], set_) for set_ in sets}
        self._add(
            backend.card.name,
            {set_: results for set_, (results, _) in found.items()},
            may_miss=True,
            extra={set_: extra for set_, (_, extra) in found.items()},
        )

    def _add(
        self,
        name: str,
        results: Mapping[str, HandResults | None],
        *,
        may_miss: bool,
        extra: Mapping[str, Mapping[str, float]] | None = None,
    ) -> None:
        with_hands = {set_: hands for set_, hands in results.items() if hands is not None}
        if with_hands:
            label = self._label(name)
            self.runs[label] = with_hands
            report = landmark_report(label, with_hands, may_miss=may_miss, extra=extra)
            self.reports.append(report)

    def _label(self, name: str) -> str:
        """Return a name that no other report has."""
        taken = sum(report["model"].partition(" #")[0] == name for report in self.reports)
        return f"{name} #{taken + 1}" if taken else name


def thinned(sets: Sets, n_images: int | None) -> Sets:
    """Return at most n_images of each set, evenly spaced; all if None."""
    if n_images is None:
        return sets
    return {
        name: [records[k * len(records) // n_images] for k in range(n_images)]
        if len(records) > n_images
        else records
        for name, records in sets.items()
    }
