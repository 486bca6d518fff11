"""The front door: the app of textdiff_ui/main.py behind headers that keep it offline.

Run by `make run`. The main script lives outside this folder because a sibling `pages/` would switch on
the framework's older page finder, which answers the first deep link after a start with the wrong page.
"""

import contextlib
import importlib
import threading
from collections.abc import AsyncIterator

import streamlit as st
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Components are imported from blob: URLs; the hash is of the one script inside Streamlit's index.html.
# Streamlit's code for messages compiles WebAssembly; Streamlit and Plotly write style elements.
POLICY = (
    "default-src 'self' blob: data:; style-src 'self' blob: 'unsafe-inline'; "
    "script-src 'self' blob: 'wasm-unsafe-eval' 'sha256-THxz9J9+wf7rhwR2YkXJoSZ13UCmYyC+3lNDv2+8ugA='; "
    "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'"
)


class OfflineHeaders:
    """Adds to every HTTP answer the policy by which a browser itself refuses all other hosts."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["Content-Security-Policy"] = POLICY
                headers["X-Content-Type-Options"] = "nosniff"
            await send(message)

        await self.app(scope, receive, send_with_headers)


@contextlib.asynccontextmanager
async def prepare(_app: st.App) -> AsyncIterator[None]:
    """Imports what the pages need while the first browser still loads the frame they stand in."""
    threading.Thread(target=importlib.import_module, args=("textdiff_ui.takeaway",), name="prepare").start()
    yield


app = st.App("textdiff_ui/main.py", lifespan=prepare, middleware=[Middleware(OfflineHeaders)])
