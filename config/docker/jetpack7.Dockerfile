# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
#
# Jetson Orin or Thor with JetPack 7.2, which runs NVIDIA's images for Arm servers; ROS 2 Jazzy.
# Not built by its authors: README.md beside it. Build it on the Jetson:
#
#   docker build -f config/docker/jetpack7.Dockerfile -t hand_landmarks_ros:jetpack7 .
FROM nvcr.io/nvidia/tensorrt:26.02-py3
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
ENV DEBIAN_FRONTEND=noninteractive
ENV LANG=C.UTF-8
ENV ROS_DISTRO=jazzy

ARG ROS_APT_SOURCE=1.1.0
ARG RELEASES=https://github.com/ros-infrastructure/ros-apt-source/releases/download

# Ubuntu keeps no older versions of its packages to pin.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates curl \
    && curl -fsSL -o /tmp/ros.deb \
      "${RELEASES}/${ROS_APT_SOURCE}/ros2-apt-source_${ROS_APT_SOURCE}.noble_all.deb" \
    && dpkg -i /tmp/ros.deb \
    && rm /tmp/ros.deb \
    && apt-get update \
    && apt-get install --yes --no-install-recommends build-essential python3-dev python3-pip \
      python3-colcon-common-extensions python3-rosdep ros-jazzy-ros-base v4l-utils \
    && rm -rf /var/lib/apt/lists/*

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
# The container is its own environment (PEP 668).
ENV PIP_BREAK_SYSTEM_PACKAGES=1

# RViz runs outside.
RUN apt-get update \
    && rosdep init \
    && rosdep update --rosdistro jazzy \
    && rosdep install --from-paths src --yes --ignore-src --rosdistro jazzy --skip-keys rviz2 \
    && rm -rf /var/lib/apt/lists/*

# Compiled by nvcc; the driver, which comes with `--runtime nvidia`, is a stub until then.
ENV PATH=/usr/local/cuda/bin:${PATH}
RUN LIBRARY_PATH=/usr/local/cuda/lib64/stubs pip3 install --no-cache-dir pycuda==2026.1

RUN . /opt/ros/jazzy/setup.bash \
    && colcon build --cmake-args -DBUILD_TESTING=OFF

ENTRYPOINT ["/ws/src/hand_landmarks_ros/config/docker/entrypoint.sh"]
CMD ["ros2", "launch", "hand_landmarks_ros", "hand_landmarks.launch.py"]
