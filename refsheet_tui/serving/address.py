"""The address that the server listens on, and which hosts it answers."""

from __future__ import annotations

import secrets
import socket
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

_ANY_ADDRESSES = ("0.0.0.0", "::")


@dataclass(frozen=True)
class Address:
    """A host and a port to listen on, and the token that clients must send.

    Attributes:
        host: A name or an IP address of this computer.
        port: The port; 0 means any free one.
        token: The access token; None if only this computer can connect.
    """

    host: str
    port: int
    token: str | None

    @classmethod
    def of(cls, host: str, port: int, token: str | None = None) -> Address:
        """Return an address, with a new token if other computers can reach it and none is given."""
        if token is None and not _is_this_machine(host):
            token = secrets.token_urlsafe()
        return cls(host, port, token)

    def allows_host(self, host: str) -> bool:
        """Return True if a request with this `Host` header may be answered.

        Another site can point its own name at this computer (DNS rebinding), and its pages would
        then count as pages of this server. With a token this is harmless, since the browser has no
        cookie for that name.
        """
        if not _is_this_machine(self.host):
            return True
        try:
            return _is_this_machine(urlsplit(f"//{host}").hostname or "")
        except ValueError:
            return False

    def url(self, port: int) -> str:
        """Return the URL to open. `port` is the port that the server really listens on."""
        host = socket.gethostname() if self.host in _ANY_ADDRESSES else self.host
        base_url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
        return base_url if self.token is None else f"{base_url}/?token={self.token}"


def _is_this_machine(host: str) -> bool:
    try:
        return host.lower() == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
