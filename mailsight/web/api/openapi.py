"""The API's description in the format OpenAPI 3.1, from the table of its reports."""

from collections.abc import Mapping
from typing import Any

from mailsight import __version__
from mailsight.web import answers

from . import schemas
from .parameters import Parameter
from .reports import REPORTS, Report

ROOT = "api/v1/"
DESCRIPTION = "openapi.json"
_ERRORS: Mapping[str, str] = {
    "400": "A parameter is unknown, or can't have this value.",
    "401": "The token is missing, unknown, ended or revoked.",
    "403": "The token's role does not include this report.",
    "404": "There is no such campaign among those that the token covers.",
    "429": "Too many requests; `Retry-After` says how long to wait.",
    "503": "The server is busy, or the data can't be read at the moment.",
}
_UNCHANGED = "Nothing has changed since the answer with the `ETag` in `If-None-Match`."


def description() -> dict[str, Any]:
    """The description. It is the same for every token."""
    paths = {f"/{report.path}": {"get": _operation(report)} for report in REPORTS}
    paths[f"/{DESCRIPTION}"] = {
        "get": {
            "operationId": "openapi",
            "summary": "This description",
            "responses": {
                "200": {"description": "The description.", "content": _json({"type": "object"})},
                "304": {"description": _UNCHANGED},
            }
            | {status: {"$ref": f"#/components/responses/{status}"} for status in ("401", "429")},
        }
    }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Mailsight",
            "version": __version__,
            "description": "How did this campaign do? The figures of e-mail campaigns, as on the pages.",
        },
        "servers": [{"url": answers.path(ROOT.rstrip("/"))}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A token, `ms_...`, only ever in the header `Authorization`.",
                }
            },
            "schemas": {"error": schemas.ERROR, **{report.name: report.schema for report in REPORTS}},
            "responses": {
                status: {"description": text, "content": _json({"$ref": "#/components/schemas/error"})}
                | (
                    {"headers": {"Retry-After": {"schema": {"type": "integer"}}}}
                    if status in ("429", "503")
                    else {}
                )
                for status, text in _ERRORS.items()
            },
        },
    }


def _operation(report: Report) -> dict[str, Any]:
    expected = [status for status in _ERRORS if status != "404" or report.is_of_campaign]
    return {
        "operationId": report.name,
        "summary": report.summary,
        "parameters": [
            *([_CAMPAIGN_ID] if report.is_of_campaign else []),
            *map(_parameter, report.parameters),
        ],
        "responses": {
            "200": {
                "description": "The report.",
                "headers": {"ETag": {"schema": {"type": "string"}}},
                "content": _json({"$ref": f"#/components/schemas/{report.name}"}),
            },
            "304": {"description": _UNCHANGED},
        }
        | {status: {"$ref": f"#/components/responses/{status}"} for status in expected},
    }


_CAMPAIGN_ID = {"name": "campaign_id", "in": "path", "required": True, "schema": {"type": "string"}}


def _parameter(parameter: Parameter) -> dict[str, Any]:
    schema = dict(parameter.schema)
    if parameter.most > 1:
        schema = {"type": "array", "items": schema, "maxItems": parameter.most}
    return {"name": parameter.name, "in": "query", "description": parameter.meaning, "schema": schema}


def _json(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}
