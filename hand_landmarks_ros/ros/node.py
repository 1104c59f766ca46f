# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The node `hand_landmarks`: images in, hand landmarks out."""

from __future__ import annotations

import sys
from dataclasses import replace
from functools import partial
from itertools import count
from time import perf_counter
from typing import Any

import rclpy
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rclpy.clock import Clock, ClockType
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn
from rclpy.qos import (
    QoSProfile,
    ReliabilityPolicy,
    qos_policy_name_from_kind,
)
from rclpy.qos_overriding_options import QoSOverridingOptions
from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from std_msgs.msg import Header
from std_srvs.srv import SetBool, Trigger
from visualization_msgs.msg import MarkerArray

from hand_landmarks_msgs.msg import HandLandmarksArray

from ..backends.background import BackgroundLoad
from ..backends.models import Models
from ..core.depth import in_metres
from ..core.drawing import draw_hands
from ..core.errors import BackendError, HandLandmarksError, ImageError, ModelError
from ..core.options import NO_DETECTOR
from ..core.pipeline import HandPipeline
from ..core.types import Hand, RgbImage
from .camera_model import Camera, camera_from_info
from .declare import DeclaredParameters
from .diagnostics import FrameMonitor, diagnostic_array, diagnostic_status
from .markers import markers_from_hands
from .messages import (
    hands_to_msg,
    image_from_compressed_msg,
    image_from_msg,
    image_to_compressed_msg,
    image_to_msg,
    registered_depth_from_msg,
    stamp_to_s,
)
from .models import load_models
from .pairing import DepthPairing, Pair
from .parameters import NodeParameters
from .process import run_node

try:
    from rclpy.event_handler import SubscriptionEventCallbacks
except ImportError:  # ROS 2 Humble
    from rclpy.qos_event import SubscriptionEventCallbacks

_LOG_PERIOD_S = 5.0
"""A complaint that every frame could raise is logged this often."""

_LONGEST_WAIT_S = 0.1
"""An image whose depth image has not come by then is answered without."""


class HandLandmarksNode(LifecycleNode):
    """Managed node around one HandPipeline.

    Unconfigured it has no model; inactive it does not listen; active it answers each image with
    one message. Only the newest image waits, since an old one is worth less than none. Inference
    runs in the callback of a single-threaded executor.
    """

    def __init__(self, **node_arguments: Any) -> None:
        super().__init__("hand_landmarks", **node_arguments)
        self._pipeline: HandPipeline | None = None
        self._models: Models | None = None
        self._loading: BackgroundLoad[Models] | None = None
        # Both outlive each pipeline, so that no id comes twice and each one that ended is reported.
        self._track_ids = count(1)
        self._ended_track_ids: tuple[int, ...] = ()
        self._start_error = ""
        self._image_subscription = None
        self._depth_subscription = None
        self._pairing = DepthPairing()
        self._camera_info: CameraInfo | None = None
        self._marked_ids: set[int] = set()
        self._is_enabled = True
        self._is_active = False
        self._last_stamp_s = 0.0
        self._monitor = FrameMonitor()
        self._declared = DeclaredParameters(self, NodeParameters, self._on_parameters)
        self._pairing.tolerance_s = self.parameters.depth_tolerance_s
        self._image_topic = self._resolve_image_topic()
        self._create_outputs()
        self._create_inputs()

    @property
    def parameters(self) -> NodeParameters:
        """The parameters in force."""
        return self._declared.values

    def start(self) -> None:
        """Configure and activate; raises ModelError when that fails."""
        for transition in (self.trigger_configure, self.trigger_activate):
            if transition() != TransitionCallbackReturn.SUCCESS:
                raise ModelError(self._start_error or "the node could not be activated")

    def run(self) -> None:
        """Start, if `autostart` says so, and spin.

        While the models load, which takes minutes where an engine has to be built, the node is
        unconfigured, but answers its services.
        """
        if self.parameters.autostart:
            loading = self._begin_loading()
            while self.context.ok() and not loading.wait(0.0):
                rclpy.spin_once(self, timeout_sec=0.1)
            # Else a lifecycle manager has taken over meanwhile, or the end has come.
            if self.context.ok() and self._loading is loading:
                self.start()
        rclpy.spin(self)

    # Life cycle

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Load the models, or wait until they are loaded; diagnostics go on meanwhile."""
        values = self.parameters
        try:
            self._models = self._finish_loading()
            self._pipeline = HandPipeline(
                self._models.landmarks,
                values.pipeline_options(),
                self._models.hand_detector(),
                track_ids=self._track_ids,
                ended_track_ids=self._ended_track_ids,
            )
        except HandLandmarksError as error:
            self._release()
            self._start_error = str(error)
            self.get_logger().error(f"cannot be configured: {error}")
            return TransitionCallbackReturn.FAILURE
        return super().on_configure(state)

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Begin to listen."""
        self._is_active = True
        self._listen()
        return super().on_activate(state)

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Stop listening and forget all hands."""
        self._is_active = False
        self._listen()
        return super().on_deactivate(state)

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Release the models."""
        self._release()
        return super().on_cleanup(state)

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Stop listening and release the models."""
        self._is_active = False
        self._listen()
        self._release()
        return super().on_shutdown(state)

    def destroy_node(self) -> None:
        """Release the models and everything of ROS."""
        self._release()
        super().destroy_node()

    # Inputs

    def _on_image(self, message: Image | CompressedImage) -> None:
        """Answer an image, at once or when its depth image is there, if somebody publishes such."""
        stamp_s, may_wait = stamp_to_s(message.header), self._has_depth()
        self._answer_all(self._pairing.add_image(message, stamp_s, may_wait=may_wait))
        if self._pairing.is_waiting:
            self._depth_timer.reset()

    def _on_depth(self, message: Image) -> None:
        self._answer_all(self._pairing.add_depth(message, stamp_to_s(message.header)))

    def _on_depth_overdue(self) -> None:
        self._depth_timer.cancel()
        self._answer_all(self._pairing.give_up())

    def _answer_all(self, pairs: list[Pair]) -> None:
        for image, depth in pairs:
            self._answer(image, depth)

    def _answer(self, message: Image | CompressedImage, depth: Image | None) -> None:
        """Answer one image; one that cannot be used is dropped, counted and logged."""
        start_s = perf_counter()
        try:
            image = self._image_from(message)
            decoded_s = perf_counter()
            hands = self._pipeline(image, self._stamp_s(message.header))
        except (ImageError, BackendError) as error:
            self._drop(error)
            return
        found_s = perf_counter()
        if depth is not None:
            hands = self._in_metres(hands, depth, message.header, image.shape[:2])
        elif self._has_depth():
            self._monitor.n_without_depth += 1
        measured_s = perf_counter()
        self._publish(image, hands, message.header)
        self._monitor.frame_processed(
            self.get_clock().now().nanoseconds * 1e-9 - stamp_to_s(message.header),
            {
                "decode image": decoded_s - start_s,
                **self._pipeline.stage_times_s,
                "depth": measured_s - found_s,
                "publish": perf_counter() - measured_s,
            },
        )

    def _on_camera_info(self, message: CameraInfo) -> None:
        self._camera_info = message

    def _on_incompatible_qos(self, topic: str, event: Any) -> None:
        policy = qos_policy_name_from_kind(event.last_policy_kind)
        problem = (
            f"a publisher on {topic} offers a QoS that this node does not accept "
            f"({policy}); set qos_overrides.{topic}.subscription.*"
        )
        if topic == self._image_topic:
            self._monitor.incompatible_qos = problem
        self.get_logger().warning(problem)

    def _on_reset(self, request: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        self._forget_hands()
        response.success, response.message = True, "all hands forgotten"
        return response

    def _on_set_enabled(
        self, request: SetBool.Request, response: SetBool.Response
    ) -> SetBool.Response:
        self._is_enabled = request.data
        self._listen()
        response.success, response.message = True, "enabled" if request.data else "disabled"
        return response

    def _on_parameters(self, values: NodeParameters) -> None:
        """Take over changed parameters; raises ParameterError for options that make no sense."""
        options = values.pipeline_options()
        if values.max_hands != self.parameters.max_hands and values.detector == NO_DETECTOR:
            # At start it may be the default; now somebody wishes for what cannot be.
            replace(options, max_hands=values.max_hands).check_without_detector()
        self._pairing.tolerance_s = values.depth_tolerance_s
        if self._pipeline is not None:
            self._pipeline.options = options

    # Outputs

    def _in_metres(
        self, hands: tuple[Hand, ...], message: Image, header: Header, shape: tuple[int, int]
    ) -> tuple[Hand, ...]:
        """Return the hands with the depth of their landmarks; unchanged where it cannot be used."""
        height, width = shape
        try:
            depth = registered_depth_from_msg(message, header, width, height)
            camera = self._camera(width, height)
        except HandLandmarksError as error:
            self._monitor.last_depth_problem = str(error)
            self.get_logger().warning(
                f"no metric landmarks: {error}", throttle_duration_sec=_LOG_PERIOD_S
            )
            return hands
        self._monitor.last_depth_problem = ""
        return tuple(in_metres(hand, depth, camera.rays(hand.xy_px)) for hand in hands)

    def _publish(self, image: RgbImage, hands: tuple[Hand, ...], header: Header) -> None:
        """Publish the hands of one image; draw only what somebody looks at."""
        height, width = image.shape[:2]
        lost = self._pipeline.lost_track_ids
        self._landmarks.publish(hands_to_msg(hands, header, width, height, lost))
        if self.parameters.publish_markers and self._markers.get_subscription_count():
            self._publish_markers(hands, header, (width, height))
        wants_raw = self._annotated.get_subscription_count()
        wants_jpeg = self._annotated_compressed.get_subscription_count()
        if wants_raw or wants_jpeg:
            # The image may be a view of the message.
            drawn = image.copy()
            draw_hands(drawn, hands)
            if wants_raw:
                self._annotated.publish(image_to_msg(drawn, header))
            if wants_jpeg:
                self._annotated_compressed.publish(
                    image_to_compressed_msg(drawn, header, self.parameters.jpeg_quality)
                )

    def _publish_markers(
        self, hands: tuple[Hand, ...], header: Header, size: tuple[int, int]
    ) -> None:
        try:
            camera = self._camera(*size)
        except HandLandmarksError as error:
            self._monitor.last_markers_problem = str(error)
            self.get_logger().warning(f"no markers: {error}", throttle_duration_sec=_LOG_PERIOD_S)
            return
        self._monitor.last_markers_problem = ""
        # Also of hands that are only out of sight: their ids are not lost yet.
        ids = {hand.track_id for hand in hands}
        gone = sorted(self._marked_ids - ids)
        palm_length_m = self.parameters.palm_length_m
        self._markers.publish(markers_from_hands(hands, header, camera, palm_length_m, gone))
        self._marked_ids = ids

    def _has_depth(self) -> bool:
        """Tell whether somebody publishes depth images."""
        return self.count_publishers(self._depth_subscription.topic_name) > 0

    def _camera(self, width: int, height: int) -> Camera:
        """Return the camera of an image of that size; raises HandLandmarksError."""
        if self._camera_info is None:
            raise HandLandmarksError("no camera_info has arrived yet")
        return camera_from_info(
            self._camera_info, width, height, is_rectified=self.parameters.image_is_rectified
        )

    def _report(self) -> None:
        """Publish diagnostics."""
        name = self.get_fully_qualified_name().lstrip("/")
        stream = self._monitor.stream_status(
            self._image_topic,
            self.parameters.image_timeout_s,
            is_listening=self._image_subscription is not None,
        )
        values = {
            **self._model_values(),
            "markers": self._monitor.last_markers_problem or "OK",
            "depth": self._monitor.last_depth_problem or "OK",
            "images without their depth": str(self._monitor.n_without_depth),
            **self._monitor.timing_values(),
        }
        statuses = [
            diagnostic_status(f"{name}: images", name, *stream),
            diagnostic_status(f"{name}: landmarks", name, *self._readiness(), values),
        ]
        self._diagnostics.publish(diagnostic_array(self.get_clock().now().to_msg(), statuses))

    def _readiness(self) -> tuple[bytes, str]:
        """Return level and message on the node as a whole."""
        if self._loading is not None:
            doing = str(self._loading.progress)
            if doing:
                self.get_logger().info(doing, throttle_duration_sec=_LOG_PERIOD_S)
            return DiagnosticStatus.WARN, f"not ready: {doing or 'loading the models'}"
        if self._models is None and self._start_error:
            return DiagnosticStatus.ERROR, self._start_error
        if self._monitor.last_backend_problem:
            return DiagnosticStatus.ERROR, self._monitor.last_backend_problem
        return DiagnosticStatus.OK, "ready" if self._models else "not configured"

    def _model_values(self) -> dict[str, str]:
        """Return what diagnostics say of the models."""
        landmarks = self._models.landmarks if self._models else None
        detector = self._models.detector if self._models else None
        return {
            "model": landmarks.card.name if landmarks else "none",
            "model version": landmarks.card.version if landmarks else "none",
            "backend": landmarks.description if landmarks else "none",
            "detector": detector.card.name if detector else NO_DETECTOR,
        }

    # Parts of the above

    def _resolve_image_topic(self) -> str:
        """Return the topic to listen to: the base topic is remapped first, the suffix follows."""
        topic = self.resolve_topic_name("image")
        if self.parameters.image_transport == "compressed":
            self._image_type, self._image_from = CompressedImage, image_from_compressed_msg
            return f"{topic}/compressed"
        self._image_type, self._image_from = Image, image_from_msg
        return topic

    def _create_outputs(self) -> None:
        def publisher(message_type: type, topic: str, depth: int) -> Any:
            return self.create_lifecycle_publisher(
                message_type,
                topic,
                QoSProfile(depth=depth, reliability=ReliabilityPolicy.RELIABLE),
                qos_overriding_options=QoSOverridingOptions.with_default_policies(),
            )

        self._landmarks = publisher(HandLandmarksArray, "~/landmarks", 5)
        self._markers = publisher(MarkerArray, "~/markers", 5)
        self._annotated = publisher(Image, "~/annotated_image", 1)
        self._annotated_compressed = publisher(CompressedImage, "~/annotated_image/compressed", 1)
        self._diagnostics = self.create_publisher(DiagnosticArray, "/diagnostics", 5)

    def _create_inputs(self) -> None:
        self._subscription(CameraInfo, "camera_info", self._on_camera_info)
        self.create_service(Trigger, "~/reset", self._on_reset)
        self.create_service(SetBool, "~/set_enabled", self._on_set_enabled)
        # Simulated time may stand still; reports must not.
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self.create_timer(self.parameters.diagnostics_period_s, self._report, clock=steady)
        self._depth_timer = self.create_timer(_LONGEST_WAIT_S, self._on_depth_overdue, clock=steady)
        self._depth_timer.cancel()

    def _listen(self) -> None:
        """Subscribe to images if the node is active and enabled, else unsubscribe."""
        wanted = self._is_active and self._is_enabled
        if wanted and self._image_subscription is None:
            self._monitor.restart()
            self._depth_subscription = self._subscription(Image, "depth", self._on_depth)
            self._image_subscription = self._subscription(
                self._image_type, self._image_topic, self._on_image
            )
        elif not wanted and self._image_subscription is not None:
            self.destroy_subscription(self._image_subscription)
            self.destroy_subscription(self._depth_subscription)
            self._image_subscription = self._depth_subscription = None
            self._pairing.clear()
            self._forget_hands()

    def _subscription(self, message_type: type, topic: str, callback: Any) -> Any:
        """Return a subscription to sensor data that tells of publishers it cannot hear."""
        topic = self.resolve_topic_name(topic)
        return self.create_subscription(
            message_type,
            topic,
            callback,
            _sensor_qos(),
            qos_overriding_options=QoSOverridingOptions.with_default_policies(),
            event_callbacks=SubscriptionEventCallbacks(
                incompatible_qos=partial(self._on_incompatible_qos, topic)
            ),
        )

    def _stamp_s(self, header: Header) -> float:
        """Return the image's stamp, s; counts those that went back, at which the tracker resets.

        An image whose camera leaves the stamp empty is of now: else no time would ever pass.
        """
        stamp_s = stamp_to_s(header) or self.get_clock().now().nanoseconds * 1e-9
        if stamp_s < self._last_stamp_s:
            self._monitor.n_stamp_resets += 1
        self._last_stamp_s = stamp_s
        return stamp_s

    def _drop(self, error: ImageError | BackendError) -> None:
        self._monitor.frame_dropped(str(error))
        if isinstance(error, BackendError):
            self._monitor.last_backend_problem = str(error)
        self.get_logger().warning(
            f"image dropped ({self._monitor.n_dropped} so far): {error}",
            throttle_duration_sec=_LOG_PERIOD_S,
        )

    def _forget_hands(self) -> None:
        self._last_stamp_s = 0.0
        if self._pipeline is not None:
            self._pipeline.reset()

    def _begin_loading(self) -> BackgroundLoad[Models]:
        self._start_error = ""
        self._loading = BackgroundLoad(partial(load_models, self.parameters), Models.close)
        return self._loading

    def _finish_loading(self) -> Models:
        """Wait for the models; the executor waits too, so diagnostics are published here."""
        loading = self._loading or self._begin_loading()
        while not loading.wait(self.parameters.diagnostics_period_s):
            self._report()
        self._loading = None
        return loading.result()

    def _release(self) -> None:
        if self._loading is not None:
            self.get_logger().info("stopping to load")
            self._loading.cancel()
            self._loading = None
        if self._pipeline is not None:
            self._pipeline.reset()
            self._ended_track_ids = self._pipeline.ended_track_ids
            self._pipeline = None
        if self._models is not None:
            self._models.close()
            self._models = None


def _sensor_qos() -> QoSProfile:
    """Return a new profile for sensor data of which only the newest counts (rclpy alters it)."""
    return QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)


def main() -> int:
    """Run the node `hand_landmarks` until Ctrl-C."""
    return run_node(HandLandmarksNode, HandLandmarksNode.run)


if __name__ == "__main__":
    sys.exit(main())
