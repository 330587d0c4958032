"""Routes and CORS of the HTTP API. SAM puts them into an OpenAPI `Body`, which MiniStack 1.5.33 ignores."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

# The ARN of a function, or a reference to an alias, which is its ARN.
_INVOKED_BY_URI = re.compile(r"/functions/\$\{(\w+)(?:\.Arn)?\}/invocations$")
_CORS_KEYS = ("AllowOrigins", "AllowHeaders", "AllowMethods", "ExposeHeaders", "MaxAge", "AllowCredentials")


@dataclass(frozen=True, slots=True)
class Route:
    """One route: its key as API Gateway writes it, and the logical id of the function or alias it invokes."""

    key: str
    invokes: str


def routes_in(body: Mapping[str, Any]) -> Iterator[Route]:
    """Yield the routes of an OpenAPI document with API Gateway's extensions."""
    for path, operations in body["paths"].items():
        for method, operation in operations.items():
            uri = operation["x-amazon-apigateway-integration"]["uri"]["Fn::Sub"]
            found = _INVOKED_BY_URI.search(uri)
            if found is None:
                raise ValueError(f"{method} {path} does not invoke a function of the stack: {uri}")
            yield Route(_key(method, path, operation), found[1])


def _key(method: str, path: str, operation: Mapping[str, Any]) -> str:
    if operation.get("isDefaultRoute"):
        return "$default"
    return f"{'ANY' if method == 'x-amazon-apigateway-any-method' else method.upper()} {path}"


def cors_in(body: Mapping[str, Any], origins: Sequence[str]) -> dict[str, Any] | None:
    """Return the document's `CorsConfiguration` in the form that `update_api` takes; None if it has none.

    `origins` are those of the stack's parameter, because MiniStack fills the document with the parameter's default.
    """
    extension = body.get("x-amazon-apigateway-cors")
    if extension is None:
        return None
    if "Fn::If" in extension:  # both branches are the same: see template.yaml
        extension = extension["Fn::If"][1]
    found = {key: extension[name] for key in _CORS_KEYS if (name := key[0].lower() + key[1:]) in extension}
    return {**found, "AllowOrigins": list(origins)}


def apply(apis: Any, api_id: str, body: Mapping[str, Any], arns: Mapping[str, str], origins: Sequence[str]) -> None:
    """Give the API exactly the routes and CORS of `body`, changing only what differs.

    `arns` maps the logical ids of functions and aliases to their ARNs; `origins` are those that CORS allows. `apis` is
    boto3's apigatewayv2 client.
    """
    present = {route["RouteKey"]: route for route in apis.get_routes(ApiId=api_id)["Items"]}
    wanted = {route.key: arns[route.invokes] for route in routes_in(body)}
    integrations = {
        integration["IntegrationUri"]: f"integrations/{integration['IntegrationId']}"
        for integration in apis.get_integrations(ApiId=api_id)["Items"]
    }
    for arn in set(wanted.values()) - integrations.keys():
        created = apis.create_integration(
            ApiId=api_id, IntegrationType="AWS_PROXY", IntegrationUri=arn, PayloadFormatVersion="2.0"
        )
        integrations[arn] = f"integrations/{created['IntegrationId']}"
    for key, arn in wanted.items():
        if key not in present:
            apis.create_route(ApiId=api_id, RouteKey=key, Target=integrations[arn])
        elif present[key].get("Target") != integrations[arn]:
            apis.update_route(ApiId=api_id, RouteId=present[key]["RouteId"], Target=integrations[arn])
    for key in present.keys() - wanted.keys():
        apis.delete_route(ApiId=api_id, RouteId=present[key]["RouteId"])
    if (cors := cors_in(body, origins)) is not None:
        apis.update_api(ApiId=api_id, CorsConfiguration=cors)
