"""Building and deploying the real template to the emulator with SAM, and adding what the emulator leaves out."""

import asyncio
import importlib.metadata
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from local import api_gateway, environment, site, stack, webhooks
from local.aws import Clients
from local.build_target import Target
from local.emulator import Emulator
from local.failures import LocalStackError
from local.fingerprint import fingerprint
from local.live_reload.applying import Reloader
from local.progress import Progress
from local.replicate import Provider
from local.stack import Stack
from local.state import StateDirectory

_LAST_LINES = 15


@dataclass(frozen=True, slots=True)
class Deployment:
    """A checkout, the emulator it is deployed to, and the parameters."""

    root: Path
    state: StateDirectory
    emulator: Emulator
    clients: Clients
    target: Target
    port: int
    jwt_secret: str
    provider: Provider
    isolated_environment: Mapping[str, str]
    chosen: Mapping[str, str]
    """Template parameters given on the command line."""

    def fingerprint(self) -> str:
        """Hash everything that determines the result of a deploy: sources, tools and parameters."""
        versions = [importlib.metadata.version(name) for name in ("ministack", "aws-sam-cli", "aws-sam-translator")]
        return fingerprint(self.root, [*versions, sys.version, *self._parameters()])

    def _parameters(self) -> list[str]:
        own = [
            "OnAws=false",
            f"Runtime={self.target.runtime}",
            f"Architecture={self.target.architecture}",
            f"JwtSecrets={self.jwt_secret}",
            # Events contain the front door's URL, which CloudFormation cannot know.
            f"PublicUrl=http://localhost:{self.port}",
            f"WebhookSecrets={webhooks.secret_of(self.state.webhook_secret)}",
            *self.provider.parameters(),
        ]
        parameters = {**dict(parameter.split("=", 1) for parameter in own), **self.chosen}
        return [f"{name}={value}" for name, value in parameters.items() if value]

    async def update(self, progress: Progress) -> Stack:
        """Deploy if anything changed since the last deploy, and sync the page. Raises LocalStackError."""
        wanted = await asyncio.to_thread(self.fingerprint)
        found = await asyncio.to_thread(stack.find, self.clients.cloudformation)
        unchanged = found is not None and await asyncio.to_thread(stack.deployed_fingerprint, self.clients) == wanted
        if found is None or not unchanged:
            was_there = found is not None
            found = await self.deploy(progress)
            if was_there:
                await asyncio.to_thread(self.reloader(found).reload_everything)
            await asyncio.to_thread(stack.remember_fingerprint, self.clients, wanted)
            await self.emulator.save()
        else:
            progress.step("Nothing changed since the last deploy")
        await asyncio.to_thread(site.sync, self.clients.s3, found.outputs["SiteBucketName"], self.root)
        return found

    def reloader(self, deployed: Stack) -> Reloader:
        return Reloader(self.root, self.state.build, self.clients, deployed)

    async def deploy(self, progress: Progress) -> Stack:
        """Build and deploy the template. Raises LocalStackError with the end of SAM's output."""
        progress.step("Building functions and layers (sam build)")
        await self._sam(self._build_arguments(), log=self.state.build_log)
        progress.step("Deploying template.yaml (sam deploy)")
        await self._sam(self._deploy_arguments(), log=self.state.deploy_log)
        deployed = await asyncio.to_thread(stack.find, self.clients.cloudformation)
        if deployed is None:
            raise LocalStackError("The deploy did not complete.", f"See {self.state.deploy_log}; try `make clean`.")
        progress.step("Adding the API's routes")
        await asyncio.to_thread(self._add_routes, deployed)
        return deployed

    def _build_arguments(self) -> list[str]:
        return [
            "build",
            "--config-env=local",
            f"--config-file={self.root / 'samconfig.toml'}",
            f"--template-file={self.root / 'template.yaml'}",
            f"--build-dir={self.state.build}",
            f"--base-dir={self.root}",
            "--parallel",
            "--parameter-overrides",
            *self._parameters(),
        ]

    def _deploy_arguments(self) -> list[str]:
        return [
            "deploy",
            "--config-env=local",
            f"--config-file={self.root / 'samconfig.toml'}",
            f"--template-file={self.state.build / 'template.yaml'}",
            f"--stack-name={stack.NAME}",
            "--parameter-overrides",
            *self._parameters(),
        ]

    async def _sam(self, arguments: Sequence[str], *, log: Path) -> None:
        with log.open("wb") as output:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "samcli",
                *arguments,
                cwd=self.root,
                env=self._sam_environment(),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,  # lets us stop the make and uv that it starts, too
            )
        try:
            status = await process.wait()
        except asyncio.CancelledError:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            await process.wait()
            raise
        if status != 0:
            end = "\n".join(log.read_text(errors="replace").rstrip().splitlines()[-_LAST_LINES:])
            raise LocalStackError(f"`sam {arguments[0]}` failed:\n{end}", f"The whole output is in {log}.")

    def _sam_environment(self) -> dict[str, str]:
        return environment.for_aws_calls(self.isolated_environment, self.emulator.url, self.emulator.root_key) | {
            "SAM_CLI_TELEMETRY": "0",
            # SAM polls CloudFormation every 5 s by default; nothing throttles it here.
            "SAM_CLI_POLL_DELAY": "0.1",
            "LAYER_PYTHON": sys.executable,
            "LAYER_PYTHON_VERSION": self.target.python_version,
            "LAYER_PYTHON_PLATFORM": self.target.uv_platform,
        }

    def _add_routes(self, deployed: Stack) -> None:
        template = stack.processed_template(self.clients.cloudformation)
        # A resource whose condition does not hold is in the template, and not deployed.
        deployed_ones = template["Resources"].keys() & deployed.resources.keys()
        types = {name: template["Resources"][name]["Type"] for name in deployed_ones}
        configuration_of = self.clients.functions.get_function_configuration
        arns = {
            name: configuration_of(FunctionName=deployed.resources[name])["FunctionArn"]
            for name, kind in types.items()
            if kind == "AWS::Lambda::Function"
        }
        arns |= {name: deployed.resources[name] for name, kind in types.items() if kind == "AWS::Lambda::Alias"}
        body = template["Resources"]["HttpApi"]["Properties"]["Body"]
        origins = deployed.parameters["CorsAllowOrigin"].split(",")
        api_gateway.apply(self.clients.apis, deployed.outputs["HttpApiId"], body, arns, origins)
