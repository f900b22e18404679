"""The time-stamping authorities that are asked, in their order: the external ones as set, the embedded one last.

Each is verified against its own root and no other, by the name under which trust.json tells of it, and rests after it
failed (`integrity.standing`). Never sends anything but a digest, and that only where the settings say.
"""

import json
import os
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import structlog

from integrity.certificates import read_certificates
from integrity.errors import AuthorityUnavailable, InvalidTrust
from integrity.standing import FirstAuthority, Standing, StandingAuthority
from integrity.timestamp import HttpAuthority, TimestampAuthority
from scripts.assemble import House
from scripts.authority_child import AuthorityChild
from scripts.authority_settings import EMBEDDED, AuthoritySettings
from scripts.settings import child_environment
from scripts.transport import HttpTransport

WATCH_SECONDS = 2.0
"""Between two looks at whether the embedded authority lives."""

_log = structlog.get_logger()


class EmbeddedAsked:
    """The embedded authority as this process asks it: by the address it has now, for it may have been started again."""

    def __init__(self, child: AuthorityChild) -> None:
        self._child = child
        self._lock = threading.Lock()
        self._transport: HttpTransport | None = None
        self._url = ""
        self._ending = threading.Event()
        self._watch = threading.Thread(target=self._keep, name="authority-watch", daemon=True)

    def __call__(self, query: bytes) -> bytes:
        """Carry a query there; AuthorityUnavailable while it is down."""
        return self._current()(query)

    def start(self) -> None:
        """Watch the child, and start it again when it dies."""
        self._watch.start()

    def stop(self) -> None:
        """End the watch, the connection and the child."""
        self._ending.set()
        if self._watch.is_alive():
            self._watch.join()
        if self._transport is not None:
            self._transport.close()
        self._child.stop()

    def alive(self) -> bool:
        return self._child.alive()

    def _current(self) -> HttpTransport:
        with self._lock:
            if self._transport is None or self._url != self._child.url:
                if self._transport is not None:
                    self._transport.close()
                self._url = self._child.url
                self._transport = HttpTransport(self._url)
            return self._transport

    def _keep(self) -> None:
        while not self._ending.wait(WATCH_SECONDS):
            if not self._child.alive():
                _log.warning("authority-died")
                try:
                    self._child.start()
                except (AuthorityUnavailable, OSError) as error:
                    _log.warning("authority-not-started", exc_info=error)


@dataclass(frozen=True, slots=True)
class Authorities:
    """All that are asked; `embedded` is None where the embedded one is switched off."""

    asked: tuple[StandingAuthority, ...]
    embedded: EmbeddedAsked | None

    @property
    def first(self) -> FirstAuthority:
        """The first that answers, for what needs a single token."""
        return FirstAuthority(self.asked)

    def standing(self) -> tuple[Standing, ...]:
        """How each is."""
        return tuple(authority.standing for authority in self.asked)

    def timestamp(self, query: bytes) -> bytes:
        """The embedded one's answer to a stranger's query; AuthorityUnavailable."""
        if self.embedded is None:
            raise AuthorityUnavailable("there is no embedded authority here")
        return self.embedded(query)


@contextmanager
def asking(house: House, child: AuthorityChild | None) -> Iterator[Authorities]:
    """The authorities of this house, for as long as the block lasts; `child` is the embedded one, started."""
    with ExitStack() as stack:
        clients: list[TimestampAuthority] = []
        for setting in house.settings.authorities:
            transport = external_transport(setting)
            stack.callback(transport.close)
            clients.append(external_authority(house, setting, transport))
        embedded = None if child is None else EmbeddedAsked(child)
        if embedded is not None:
            stack.callback(embedded.stop)
            embedded.start()
            clients.append(embedded_authority(house, embedded))
        standing = (StandingAuthority(client, house.clock, house.random, time.monotonic) for client in clients)
        yield Authorities(tuple(standing), embedded)


@contextmanager
def authorities_beside(house: House) -> Iterator[tuple[StandingAuthority, ...]]:
    """The same for a command: beside a live `serve` the embedded one is asked through it, else it is started here."""
    with ExitStack() as stack:
        child, served = None, _served(house)
        if house.settings.embedded_authority and served is None:
            child = AuthorityChild(house.data, child_environment())
            stack.callback(child.stop)
            child.start()
        asked = stack.enter_context(asking(house, child)).asked
        if house.settings.embedded_authority and served is not None:
            transport = HttpTransport(f"{served}/tsa")
            stack.callback(transport.close)
            client = embedded_authority(house, transport)
            asked = (*asked, StandingAuthority(client, house.clock, house.random, time.monotonic))
        yield asked


def _served(house: House) -> str | None:
    """Where a live `serve` of this folder listens; a file that a kill left behind names nobody."""
    try:
        said = json.loads((house.data / "serve.json").read_bytes())
        os.kill(int(said["pid"]), 0)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return f"http://{said['host']}:{said['port']}"


def external_authority(house: House, setting: AuthoritySettings, transport: HttpTransport) -> TimestampAuthority:
    """An authority of the settings; its tokens are verified against the root that was told of it."""
    return HttpAuthority(
        setting.name, transport, setting.roots, house.clock, house.random,
        policies=frozenset(setting.policies), qualified=setting.qualified,
    )  # fmt: skip


def embedded_authority(house: House, transport: EmbeddedAsked | HttpTransport) -> TimestampAuthority:
    """The embedded one, verified against the root that was told under its name."""
    told = [authority.root_pem for authority in house.trust.authorities if authority.name == EMBEDDED]
    roots = [one for pem in told for one in read_certificates(pem)]
    return HttpAuthority(EMBEDDED, transport, roots, house.clock, house.random)


def external_transport(setting: AuthoritySettings) -> HttpTransport:
    """HTTP with what this authority asks for: a password, a client's certificate."""
    context: ssl.SSLContext | None = None
    if setting.client_certificate is not None:
        context = ssl.create_default_context()
        try:
            context.load_cert_chain(setting.client_certificate, setting.client_key)
        except (OSError, ssl.SSLError) as error:
            raise InvalidTrust(f"authority {setting.name}: its client certificate cannot be used") from error
    return HttpTransport(setting.url, setting.timeout_s, credentials=setting.credentials, context=context)
