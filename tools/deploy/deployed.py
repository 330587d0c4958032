"""A deployed stack: publish its page, read its secrets, sign tokens for it."""

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
import jwt

from local import site
from tools.deploy import parameters, stacks
from tools.deploy.failures import DeploymentError
from tools.deploy.stacks import Stack

if TYPE_CHECKING:
    from tools.deploy.backfill import Backfill


@dataclass(frozen=True)
class Deployed:
    """A stack in the account and region of `session`."""

    session: boto3.Session
    stack: Stack

    @classmethod
    def find(cls, session: boto3.Session, name: str) -> "Deployed":
        """Find the stack. Raises DeploymentError if there is none."""
        return cls(session, stacks.require(session.client("cloudformation"), name))

    def publish_site(self) -> int:
        """Upload the page, its client and the API's specification; return the number of changed files."""
        return site.sync(self.session.client("s3"), self.stack.outputs["SiteBucketName"], parameters.ROOT)

    def backfill(self) -> "Backfill":
        """Create the backfill for assets from earlier releases."""
        # Imported late, because it needs the functions' shared package.
        from tools.deploy.backfill import Backfill

        settings = self._variables("DispatchFunction")
        return Backfill(
            self.session.client("dynamodb"),
            self.session.client("lambda"),
            self.stack.outputs["AssetsTableName"],
            {"image": settings["IMAGE_RENDITIONS_FUNCTION"], "video": settings["VIDEO_RENDITIONS_FUNCTION"]},
        )

    def token_settings(self) -> dict[str, str]:
        """Return the environment of a function that verifies tokens, including its secrets."""
        return self._variables("UploadFunction")

    def _variables(self, function_id: str) -> dict[str, str]:
        resource = self.session.client("cloudformation").describe_stack_resource(
            StackName=self.stack.name, LogicalResourceId=function_id
        )
        function = resource["StackResourceDetail"]["PhysicalResourceId"]
        configuration: Any = self.session.client("lambda").get_function_configuration(FunctionName=function)
        variables: dict[str, str] = configuration["Environment"]["Variables"]
        return variables

    def secrets(self) -> list[str]:
        """Return the secrets that sign tokens, newest first. Raises DeploymentError if an identity provider does."""
        settings = self.token_settings()
        if settings.get("JWT_JWKS_URL"):
            raise DeploymentError(
                f"This stack accepts tokens from an identity provider ({settings['JWT_JWKS_URL']}).", "Sign in there."
            )
        return settings["JWT_SECRETS"].split(",")

    def token(self, owner: str, lifetime_seconds: int) -> str:
        """Sign a token (RFC 7519) for `owner`. Raises the same as `secrets`."""
        settings, now = self.token_settings(), int(time.time())
        claims: dict[str, Any] = {"sub": owner, "iat": now, "exp": now + lifetime_seconds}
        expected = {"iss": settings.get("JWT_ISSUER"), "aud": settings.get("JWT_AUDIENCE")}
        claims |= {claim: value for claim, value in expected.items() if value}
        return jwt.encode(claims, self.secrets()[0], algorithm="HS256")
