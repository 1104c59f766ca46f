# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
#
# PC (x86-64), ROS 2 Humble, ONNX Runtime on the CPU. Not built by its authors: README.md beside it.
#
#   docker build -f config/docker/humble.Dockerfile -t hand_landmarks_ros:humble .
FROM ros:humble-ros-base-jammy
SHELL ["/bin/bash", "-o", "pipefail", "-c"]

WORKDIR /ws/src/hand_landmarks_ros
COPY package.xml CMakeLists.txt ./
COPY hand_landmarks_msgs hand_landmarks_msgs
COPY hand_landmarks_ros hand_landmarks_ros
COPY launch launch
COPY config config

# Apt's OpenCV and cv_bridge are built for numpy 1.
WORKDIR /ws
RUN echo "numpy<2" > constraints.txt
ENV PIP_CONSTRAINT=/ws/constraints.txt

# Ubuntu keeps no older versions of its packages to pin. RViz runs outside.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends python3-pip v4l-utils \
    && rosdep update --rosdistro humble \
    && rosdep install --from-paths src --yes --ignore-src --rosdistro humble --skip-keys rviz2 \
    && rm -rf /var/lib/apt/lists/*
RUN . /opt/ros/humble/setup.bash \
    && colcon build --cmake-args -DBUILD_TESTING=OFF

ENTRYPOINT ["/ws/src/hand_landmarks_ros/config/docker/entrypoint.sh"]
CMD ["ros2", "launch", "hand_landmarks_ros", "hand_landmarks.launch.py"]
