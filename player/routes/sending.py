"""The answer that sends an open file: the framework's end of `player.stream`."""

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from player.stream import Content, Delivery, send_content


class Sent(Response):
    """An open file as an answer: ranges and conditions by the request, the file closed in any case."""

    def __init__(self, content: Content, delivery: Delivery | None = None) -> None:
        super().__init__()
        self._content = content
        self._delivery = delivery

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        await send_content(self._content, scope["method"], headers, receive, send, self._delivery)
