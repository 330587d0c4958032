"""The part of Docker that these tests need: a network, and containers that are removed with it."""

import json
import subprocess
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path


def docker(*arguments: str) -> str:
    """Run docker and return its output. Fails with its error message."""
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"docker {' '.join(arguments)}: {done.stderr}"
    return done.stdout.strip()


@dataclass(frozen=True)
class Network:
    name: str
    containers: list[str] = field(default_factory=list)

    def run(
        self,
        image: str,
        command: Sequence[str],
        *,
        environment: Mapping[str, str],
        mounts: Mapping[Path, str],
        port: int,
    ) -> "Container":
        """Start a container whose `port` is published on this machine's loopback; `command` runs unchanged."""
        arguments = ["run", "--detach", "--network", self.name, "--publish", f"127.0.0.1::{port}"]
        arguments += [f"--env={name}={value}" for name, value in environment.items()]
        arguments += [f"--volume={source}:{target}:ro" for source, target in mounts.items()]
        container = docker(*arguments, f"--entrypoint={command[0]}", image, *command[1:])
        self.containers.append(container)
        return Container(container, self.name, port)


@dataclass(frozen=True)
class Container:
    id: str
    network: str
    port: int

    @property
    def url(self) -> str:
        """The URL for other containers of the network. An IP address: with a host name, S3 uses one per bucket."""
        networks = json.loads(docker("inspect", "--format={{json .NetworkSettings.Networks}}", self.id))
        return f"http://{networks[self.network]['IPAddress']}:{self.port}"

    @property
    def url_on_this_machine(self) -> str:
        return f"http://{docker('port', self.id, str(self.port)).splitlines()[0]}"

    @property
    def output(self) -> str:
        done = subprocess.run(["docker", "logs", self.id], capture_output=True, text=True, check=True)
        return done.stdout + done.stderr


@contextmanager
def network() -> Iterator[Network]:
    """A new network; it and its containers are removed afterwards."""
    made = Network(f"asset-upload-api-{uuid.uuid4().hex[:12]}")
    docker("network", "create", made.name)
    try:
        yield made
    finally:
        for container in made.containers:
            docker("rm", "--force", container)
        docker("network", "rm", made.name)
