"""JSON bodies: read only after it is settled who asks, small, of one shape; and how OpenAPI tells of them.

The framework would answer 422 to malformed JSON before any dependency runs, so no route declares a body: it depends on
one of these instead, which depends on the signed-in person. Never reads more than `LIMIT` bytes.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Request
from pydantic import BaseModel, ConfigDict, ValidationError

from catalog.dependencies import principal
from catalog.errors import InvalidInput
from catalog.permissions import Principal

LIMIT = 256 * 1024
"""Bytes of a JSON body; 200 recordings linked at once take 6 KiB."""

Asks = Annotated[Principal, Depends(principal)]
"""The signed-in person who asks."""

Model = TypeVar("Model", bound="Body")

PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"description": text, "content": {"application/problem+json": {"schema": {"type": "object"}}}}
    for status, text in {
        401: "Not signed in; comes before anything else",
        403: "No role for this; on record",
        404: "No such thing, or none that this person may know of; on record",
        422: "A value does not fit; `field` names it",
        503: "The log or the catalogue is down: nothing is permitted",
    }.items()
}
"""What every route can answer, as RFC 9457 problems with a stable `code`."""


class Body(BaseModel):
    """A body: known fields only, of their very types."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Made(BaseModel):
    """What was made, by its id."""

    id: str


class Linked(BaseModel):
    """Links that were made, by their ids, in the order of the recordings."""

    links: Sequence[str]


def json_of(model: type[Model]) -> Callable[..., Awaitable[Model]]:
    """A dependency: the body of a request by somebody signed in, as this model; InvalidInput names a wrong field."""

    async def read(request: Request, _asks: Asks) -> Model:
        return await read_json(request, model)

    return read


async def read_json(request: Request, model: type[Model]) -> Model:
    """The body as this model. For sign-in only without knowing who asks."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise InvalidInput("body", "comes as application/json")
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > LIMIT:
            raise InvalidInput("body", f"has at most {LIMIT} bytes")
    try:
        return model.model_validate_json(bytes(content))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"]) or "body"
        raise InvalidInput(field, str(first["msg"])) from error


def takes(model: type[Body]) -> dict[str, Any]:
    """What OpenAPI says of a route whose body is read by `json_of`."""
    schema = model.model_json_schema()
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}
