# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
#
# Jetson Orin with JetPack 6.1 or 6.2: CUDA 12.6, TensorRT 10.3, ROS 2 Humble.
# Not built by its authors: README.md beside it. Build it on the Jetson:
#
#   docker build -f config/docker/jetpack6.Dockerfile -t hand_landmarks_ros:jetpack6 .
FROM nvcr.io/nvidia/l4t-jetpack:r36.4.0
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
ENV DEBIAN_FRONTEND=noninteractive
ENV LANG=C.UTF-8
ENV ROS_DISTRO=humble

ARG ROS_APT_SOURCE=1.1.0
ARG RELEASES=https://github.com/ros-infrastructure/ros-apt-source/releases/download

# NVIDIA's OpenCV and Ubuntu's, for which ROS is built, own the same files.
RUN apt-get purge --yes '.*opencv.*'

# Ubuntu keeps no older versions of its packages to pin.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates curl \
    && curl -fsSL -o /tmp/ros.deb \
      "${RELEASES}/${ROS_APT_SOURCE}/ros2-apt-source_${ROS_APT_SOURCE}.jammy_all.deb" \
    && dpkg -i /tmp/ros.deb \
    && rm /tmp/ros.deb \
    && apt-get update \
    && apt-get install --yes --no-install-recommends build-essential python3-dev python3-pip \
      python3-colcon-common-extensions python3-rosdep ros-humble-ros-base v4l-utils \
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

# RViz runs outside.
RUN apt-get update \
    && rosdep init \
    && rosdep update --rosdistro humble \
    && rosdep install --from-paths src --yes --ignore-src --rosdistro humble --skip-keys rviz2 \
    && rm -rf /var/lib/apt/lists/*

# Compiled by nvcc; the driver, which comes with `--runtime nvidia`, is a stub until then.
ENV PATH=/usr/local/cuda/bin:${PATH}
RUN LIBRARY_PATH=/usr/local/cuda/lib64/stubs pip3 install --no-cache-dir pycuda==2026.1

RUN . /opt/ros/humble/setup.bash \
    && colcon build --cmake-args -DBUILD_TESTING=OFF

ENTRYPOINT ["/ws/src/hand_landmarks_ros/config/docker/entrypoint.sh"]
CMD ["ros2", "launch", "hand_landmarks_ros", "hand_landmarks.launch.py"]
