"""For which Python and machine the local stack builds its layers: those of the process that runs the functions."""

import platform
import sys
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Target:
    """What `template.yaml` and the layers' Makefiles take as parameters."""

    python_version: str
    architecture: str
    uv_platform: str

    @property
    def runtime(self) -> str:
        return f"python{self.python_version}"

    @classmethod
    def of_this_process(cls) -> "Target":
        """The emulator runs functions with the interpreter it runs in itself, which is this one."""
        machine = "aarch64" if platform.machine().lower() in ("arm64", "aarch64") else "x86_64"
        return cls(
            python_version=f"{sys.version_info.major}.{sys.version_info.minor}",
            architecture="arm64" if machine == "aarch64" else "x86_64",
            uv_platform=uv_platform(machine, sys.platform, platform.libc_ver()[0]),
        )


def uv_platform(machine: str, system: str, libc: str) -> str:
    """uv's name for a platform: `system` as in `sys.platform`, `libc` as `platform.libc_ver` names it."""
    if system == "darwin":
        return f"{machine}-apple-darwin"
    if libc != "glibc":
        return f"{machine}-unknown-linux-musl"
    return f"{machine}-manylinux2014"
