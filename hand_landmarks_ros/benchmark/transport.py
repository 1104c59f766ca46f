# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""From process to process: how many images arrive, how old they are, and how old the landmarks."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from ..ros.children import environment_of_children, parameter_arguments, stop
from ..ros.domain import own_domain_id
from .frames import Frames
from .settings import Settings
from .streams import IMAGE_TOPIC, ages_heard_ns, listening, publish_images, started
from .tables import Cell, Table
from .timing import spread

_LONGEST_STREAM = 150
"""Images at a camera's rate take their time."""

_N_DIFFERENT_IMAGES = 30
"""Enough for a hand that moves, without a file of hundreds of megabytes."""

_PROFILE = "shared memory for large images (config/fastdds_shm.xml)"
_DEFAULT = "the middleware's default transport"


def run(settings: Settings) -> Iterator[Table]:
    """Yield one table with every size of image and both transports."""
    n_images = min(settings.n_images, _LONGEST_STREAM)
    rows: list[dict[str, Cell]] = []
    for frames in settings.frames():
        for transport, large_images in ((_PROFILE, True), (_DEFAULT, False)):
            for path, node in (("image", None), ("image to landmarks", settings)):
                ages_s = stream(frames, n_images, large_images=large_images, node=node)
                rows.append(
                    {
                        "from process to process": path,
                        "size": frames.size,
                        "transport": transport,
                        "delivered_share": len(ages_s) / n_images,
                        **spread(ages_s),
                    }
                )
    yield Table("From process to process", rows, _NOTES)


_NOTES = (
    "Raw rgb8 images at the clip's rate, best effort, newest only. The age runs from just before "
    "the publisher fills the message until the listener's callback; for landmarks the node stands "
    "between the two, in a third process. What is lost has no age.",
)


def stream(
    frames: Frames, n_images: int, *, large_images: bool, node: Settings | None
) -> list[float]:
    """Return the ages, s, at which a listener hears of images that a publisher sends.

    node: the hand landmarks node's model and backend, whose landmarks are listened to; None
    listens to the images themselves. Messages that are lost have no age.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        domain_id = stack.enter_context(own_domain_id())
        environment = environment_of_children(folder, domain_id, large_images=large_images)
        file = folder / "images.npy"
        np.save(file, frames.images[:_N_DIFFERENT_IMAGES])
        if node is None:
            listener = listening("image", IMAGE_TOPIC, environment)
        else:
            listener = listening("landmarks", "hand_landmarks/landmarks", environment)
        process = stack.enter_context(listener)
        if node is not None:
            arguments = parameter_arguments(**node.node_parameters())
            stack.callback(stop, [started("ros.node", arguments, environment)])
        stamps_ns = publish_images(file, n_images, frames.rate_hz, environment)
        ages_ns = ages_heard_ns(process)
    return [1e-9 * ages_ns[stamp] for stamp in stamps_ns if stamp in ages_ns]
