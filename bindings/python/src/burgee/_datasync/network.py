"""Two sets of connection settings, one for requests and one for the websocket, as the one set that the engine takes.

What the engine cannot do as it is asked for is a ValueError that names the setting; nothing is left out silently.
"""

from __future__ import annotations

import os
from urllib.parse import quote, urlsplit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, Optional, Protocol

    Credentials = Optional[tuple[str, str]]

    class HTTPSettings(Protocol):
        """What HTTPConfig of both vendors has."""

        connect_timeout: float
        read_timeout: float
        http_proxy: str | None
        http_proxy_auth: Credentials
        ca_certs: str | None
        cert_file: str | None
        disable_ssl_verification: bool

    class WebSocketSettings(Protocol):
        """What WebSocketConfig of both vendors has."""

        timeout: float
        sslopt: dict[str, Any] | None
        proxy_type: str | None
        proxy_host: str | None
        proxy_port: str | int | None
        proxy_auth: Credentials


_SECURE = ("https", "wss")
_PROXIES = ("http", "socks5", "socks5h")
_SSLOPT = ("cert_reqs", "check_hostname", "ca_certs", "ca_cert_path", "certfile", "keyfile", "ssl_version")


def network_options(
    http: HTTPSettings, websocket: WebSocketSettings | None, event_url: str, streaming_url: str
) -> dict[str, Any]:
    """Return the engine's options for both kinds of connections. websocket is None for a client that opens none."""
    options: dict[str, Any] = {
        "connect_timeout": http.connect_timeout,
        "request_timeout": http.connect_timeout + http.read_timeout,
    }
    if websocket is not None:
        options["websocket_timeout"] = websocket.timeout
    tls = _tls(http, websocket, _is_secure(event_url), _is_secure(streaming_url))
    if tls:
        options["tls_config"] = tls
    proxy = _proxy(http, websocket, event_url, streaming_url)
    if proxy:
        options["proxy"] = proxy
    return options


def _is_secure(url: str) -> bool:
    return urlsplit(url).scheme.lower() in _SECURE


def _tls(http: HTTPSettings, websocket: WebSocketSettings | None, requests: bool, socket: bool) -> dict[str, Any]:
    """Return tls_config for what of the two is encrypted."""
    sslopt = _readable((websocket and websocket.sslopt) or {})
    skips = []
    authorities: list[str] = []
    certificates = []
    if requests:
        skips.append("all" if http.disable_ssl_verification else "none")
        authorities += [http.ca_certs] if http.ca_certs else []
        certificates += [(http.cert_file, http.cert_file)] if http.cert_file else []
    if socket and websocket is not None:
        skips.append(_skipped(sslopt))
        authorities += _authorities(sslopt)
        certfile = sslopt.get("certfile")
        certificates += [(certfile, sslopt.get("keyfile") or certfile)] if certfile else []
    if len(set(skips)) > 1:
        raise ValueError(
            "http.disable_ssl_verification and websocket.sslopt disagree about what of a certificate is checked; "
            "both connections are checked alike"
        )
    if len(set(certificates)) > 1:
        raise ValueError("http.cert_file and websocket.sslopt certfile are different files; both connections send one")
    tls: dict[str, Any] = {}
    if "all" in skips:
        tls["insecure_skip_verify"] = True
    if "hostname" in skips:
        tls["insecure_skip_hostname_verify"] = True
    if len(set(authorities)) == 1:
        tls["ca_cert_file"] = authorities[0]
    elif authorities:
        tls["ca_cert_data"] = "\n".join(_read(path) for path in dict.fromkeys(authorities))
    if certificates:
        tls["client_cert_file"], tls["client_key_file"] = certificates[0]
    return tls


def _readable(sslopt: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return sslopt if the engine can do everything that it asks for."""
    if not sslopt:
        return sslopt
    from ssl import PROTOCOL_TLS, PROTOCOL_TLS_CLIENT

    for name, value in sslopt.items():
        if value is not None and name not in _SSLOPT:
            raise ValueError(f"websocket.sslopt {name} is not supported")
    if sslopt.get("ssl_version") not in (None, PROTOCOL_TLS, PROTOCOL_TLS_CLIENT):
        raise ValueError("websocket.sslopt ssl_version is not supported: the best version of both sides is used")
    if sslopt.get("keyfile") and not sslopt.get("certfile"):
        raise ValueError("websocket.sslopt keyfile needs certfile")
    return sslopt


def _skipped(sslopt: Mapping[str, Any]) -> str:
    requirement = sslopt.get("cert_reqs")
    if requirement is not None and int(requirement) == 0:  # ssl.CERT_NONE
        return "all"
    return "hostname" if sslopt.get("check_hostname") is False else "none"


def _authorities(sslopt: Mapping[str, Any]) -> list[str]:
    files = [sslopt["ca_certs"]] if sslopt.get("ca_certs") else []
    folder = sslopt.get("ca_cert_path")
    if folder:
        with os.scandir(folder) as entries:
            files += sorted(entry.path for entry in entries if entry.is_file())
    return files


def _read(path: str) -> str:
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


def _proxy(
    http: HTTPSettings, websocket: WebSocketSettings | None, event_url: str, streaming_url: str
) -> dict[str, str]:
    """Return the option proxy; empty: what the environment says."""
    requests = with_credentials(http.http_proxy, http.http_proxy_auth)
    if websocket is None:
        return {} if requests is None else {"https" if _is_secure(event_url) else "http": requests}
    socket = _socket_proxy(websocket)
    if requests is None and socket is None:
        return {}
    of_requests, of_socket = (("https" if _is_secure(url) else "http") for url in (event_url, streaming_url))
    if of_requests != of_socket:
        chosen = {of_requests: requests, of_socket: socket}
        return {scheme: proxy for scheme, proxy in chosen.items() if proxy is not None}
    if requests == socket:
        return {of_requests: requests} if requests else {}
    if requests is not None and socket is not None:
        raise ValueError(
            "http.http_proxy and the proxy of websocket differ; both connections go through one proxy, unless one of "
            "event_url and streaming_url is encrypted and the other is not"
        )
    proxy, direct = (requests, streaming_url) if requests is not None else (socket, event_url)
    proxied = event_url if requests is not None else streaming_url
    if urlsplit(proxied).netloc == urlsplit(direct).netloc:
        raise ValueError(
            "http.http_proxy and websocket.proxy_host: one is given and the other is not, and event_url and "
            "streaming_url are one host, which is reached either through the proxy or without; give both"
        )
    return {of_requests: str(proxy), "no": urlsplit(direct).netloc.rpartition("@")[2]}


def _socket_proxy(websocket: WebSocketSettings) -> str | None:
    kind = websocket.proxy_type
    if kind is not None and kind not in _PROXIES:
        raise ValueError(f"websocket.proxy_type {kind!r} is not supported, use one of {', '.join(_PROXIES)}")
    if not websocket.proxy_host:
        for name in ("proxy_type", "proxy_port", "proxy_auth"):
            if getattr(websocket, name):
                raise ValueError(f"websocket.{name} is given without proxy_host")
        return None
    host = f"[{websocket.proxy_host}]" if ":" in websocket.proxy_host else websocket.proxy_host
    address = f"{kind or 'http'}://{host}" + (f":{websocket.proxy_port}" if websocket.proxy_port else "")
    return with_credentials(address, websocket.proxy_auth)


def with_credentials(proxy: str | None, credentials: Credentials) -> str | None:
    """Return a proxy's address with user and password, unless it has some."""
    if not proxy:
        if credentials:
            raise ValueError("http.http_proxy_auth is given without http_proxy")
        return None
    if "://" not in proxy:
        proxy = f"http://{proxy}"
    scheme, _, rest = proxy.partition("://")
    if not credentials or "@" in rest.partition("/")[0]:
        return proxy
    user, password = (quote(str(part or ""), safe="") for part in credentials)
    return f"{scheme}://{user}:{password}@{rest}"
