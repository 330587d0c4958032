"""The Python version and machine that the local stack builds its layers for."""

import platform
import sys
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Target:
    """A Python version and machine, in the terms of `template.yaml` and the layers' Makefiles."""

    python_version: str
    architecture: str
    uv_platform: str

    @property
    def runtime(self) -> str:
        return f"python{self.python_version}"

    @classmethod
    def of_this_process(cls) -> "Target":
        """Describe this process: the emulator runs functions with the same interpreter."""
        machine = "aarch64" if platform.machine().lower() in ("arm64", "aarch64") else "x86_64"
        return cls(
            python_version=f"{sys.version_info.major}.{sys.version_info.minor}",
            architecture="arm64" if machine == "aarch64" else "x86_64",
            uv_platform=uv_platform(machine, sys.platform, platform.libc_ver()[0]),
        )


def uv_platform(machine: str, system: str, libc: str) -> str:
    """Return uv's name for a platform, given `sys.platform` and the C library's name from `platform.libc_ver`."""
    if system == "darwin":
        return f"{machine}-apple-darwin"
    if libc != "glibc":
        return f"{machine}-unknown-linux-musl"
    return f"{machine}-manylinux2014"
