# Copyright 2026 hand_landmarks_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What a check finds, and how checks are run: one that fails to run is itself a finding."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from enum import Enum

from .system import System


class Status(str, Enum):
    """How bad it is: WARN works, but not as well as it could; FAIL does not work."""

    OK = "OK"
    WARN = "WARN"
    FAIL = "FAIL"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Finding:
    """One line of the report; the remedy says what to do about a WARN or a FAIL."""

    status: Status
    message: str
    remedy: str = ""


def ok(message: str) -> Finding:
    """Return what works."""
    return Finding(Status.OK, message)


def warn(message: str, remedy: str) -> Finding:
    """Return what works, but not well."""
    return Finding(Status.WARN, message, remedy)


def fail(message: str, remedy: str) -> Finding:
    """Return what does not work."""
    return Finding(Status.FAIL, message, remedy)


def skipped(message: str) -> Finding:
    """Return why something was not looked at."""
    return Finding(Status.SKIPPED, message)


Check = Callable[[System], Iterator[Finding]]


@dataclass(frozen=True)
class Line:
    """A finding and the name of the check it comes from."""

    check: str
    finding: Finding

    def to_text(self) -> str:
        """Return the line for people, and its remedy below it."""
        text = f"{self.finding.status.value:<8} {self.check}: {self.finding.message}"
        return f"{text}\n{'':<8} -> {self.finding.remedy}" if self.finding.remedy else text

    def to_json(self) -> dict[str, str]:
        """Return what json.dumps can write."""
        return {"check": self.check, **asdict(self.finding), "status": self.finding.status.value}


def examine(checks: Mapping[str, Check], system: System) -> Iterator[Line]:
    """Run checks by name, in order, and yield what they find; no exception gets out of here."""
    for name, check in checks.items():
        try:
            for finding in check(system):
                yield Line(name, finding)
        except Exception as error:  # noqa: BLE001 - whatever is broken here must not hide the rest
            reason = " ".join(f"{type(error).__name__}: {error}".split())
            yield Line(
                name,
                fail(f"the check itself failed ({reason})", "please report this line as a bug"),
            )
