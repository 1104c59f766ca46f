# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
#
# Makes the ROS 2 pip wheels usable for a build (CMAKE_PROJECT_INCLUDE; see pyproject.toml).
# A robot with an apt ROS never reads this file.

# The wheels put ROS in the prefix above their site-packages.
find_package(Python3 REQUIRED COMPONENTS Interpreter)
execute_process(
  COMMAND ${Python3_EXECUTABLE} -c
    "import pathlib, rosidl_generator_py as m; print(pathlib.Path(m.__file__).parents[4], end='')"
  OUTPUT_VARIABLE ros_prefix COMMAND_ERROR_IS_FATAL ANY)
set(ENV{AMENT_PREFIX_PATH} "${ros_prefix}")
list(PREPEND CMAKE_PREFIX_PATH "${ros_prefix}")

# Their exported targets also name Python include directories of the machine that built the wheels.
function(drop_foreign_include_directories)
  get_property(targets DIRECTORY PROPERTY IMPORTED_TARGETS)
  foreach(target IN LISTS targets)
    get_target_property(directories ${target} INTERFACE_INCLUDE_DIRECTORIES)
    if(directories)
      list(FILTER directories EXCLUDE REGEX "^/opt/python/")
      set_target_properties(${target} PROPERTIES INTERFACE_INCLUDE_DIRECTORIES "${directories}")
    endif()
  endforeach()
endfunction()
cmake_language(DEFER CALL drop_foreign_include_directories)
