"""Load by wrk, and how systems compare under it: in rounds that take turns, each against nginx's own round."""

from __future__ import annotations

import re
import statistics
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench import machine
from tests.bench.systems import System

CONNECTIONS = (1, 16, 64)
ROUNDS = 5
SECONDS = 2


@dataclass(frozen=True)
class Run:
    """One load on one system: requests answered a second, CPU seconds a request, faults."""

    rate: float
    cpu: float
    requests: int
    faults: int


@dataclass
class Compared:
    """A system's rounds at one number of connections: medians, and the ratio to nginx in the same round."""

    runs: list[Run] = field(default_factory=list)
    ratios: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Requests a second."""
        return statistics.median(run.rate for run in self.runs)

    @property
    def cpu(self) -> float:
        """CPU microseconds a request, of all the system's processes."""
        return statistics.median(run.cpu for run in self.runs) * 1e6

    @property
    def ratio(self) -> float:
        """Of nginx's rate in the same round."""
        return statistics.median(self.ratios)


def run(system: System, path: str, connections: int, seconds: int = SECONDS, script: Path | None = None) -> Run:
    """Load a system for so many seconds and wait until it is done with it."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s", "-H", "Accept-Encoding: br"]
    if script:
        command += ["-s", str(script)]
    before = machine.cpu(system.process.pid)
    said = subprocess.run([*command, system.url + path.lstrip("/")], capture_output=True, text=True, check=True).stdout
    machine.drain(system.process.pid)
    used = machine.cpu(system.process.pid) - before
    requests = int(_number(r"(\d+) requests in", said))
    faults = int(_number(r"Non-2xx or 3xx responses: (\d+)", said))
    faults += sum(int(count) for count in re.findall(r"(?:connect|read|write|timeout) (\d+)", said))
    return Run(_number(r"Requests/sec:\s+([\d.]+)", said), used / max(requests, 1), requests, faults)


def compare(systems: list[System]) -> dict[str, dict[int, Compared]]:
    """Load every system's front page at each number of connections, in rounds A B C, C B A, A B C, …

    The first system is the one the others are compared with.
    """
    found = {system.name: {connections: Compared() for connections in CONNECTIONS} for system in systems}
    for system in systems:
        run(system, "/", 16, 1)  # warm
    for connections in CONNECTIONS:
        for number in range(ROUNDS):
            turn = systems if number % 2 == 0 else systems[::-1]
            runs = {system.name: run(system, "/", connections) for system in turn}
            for name, one in runs.items():
                if one.faults:
                    raise RuntimeError(f"{name} failed {one.faults} of {one.requests} requests")
                found[name][connections].runs.append(one)
                found[name][connections].ratios.append(one.rate / runs[systems[0].name].rate)
    return found


def _number(pattern: str, text: str) -> float:
    match = re.search(pattern, text)
    return float(match[1]) if match else 0.0
