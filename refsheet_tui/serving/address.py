"""Where the screens are served, and to whom."""

from __future__ import annotations

import secrets
import socket
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

_ANY = ("0.0.0.0", "::")


@dataclass(frozen=True)
class Address:
    """A host and a port to listen on (0: any that is free), and the token that must be known.

    Without a token only this machine may be answered.
    """

    host: str
    port: int
    token: str | None

    @classmethod
    def of(cls, host: str, port: int, token: str | None = None) -> Address:
        """An address that others can reach gets a token where none is given."""
        if token is None and not _is_this_machine(host):
            token = secrets.token_urlsafe()
        return cls(host, port, token)

    def admits(self, host: str) -> bool:
        """Whether a `Host` header may be answered.

        A page of another site can point its own name at this machine (DNS rebinding), and would
        then count as this site. Where there is a token, it has no cookie for that name.
        """
        if not _is_this_machine(self.host):
            return True
        try:
            return _is_this_machine(urlsplit(f"//{host}").hostname or "")
        except ValueError:
            return False

    def url(self, port: int) -> str:
        """What to open; `port` is the one that it became."""
        host = socket.gethostname() if self.host in _ANY else self.host
        page = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
        return page if self.token is None else f"{page}/?token={self.token}"


def _is_this_machine(host: str) -> bool:
    try:
        return host.lower() == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
