"""A sender of JSON documents, for event processors that the host brings."""

from __future__ import annotations

import logging
import threading

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ssl
    from urllib.request import OpenerDirector

    from .network import HTTPSettings


class JSONSender:
    """Posts over HTTP: a request that fails is made again, as often as the settings say."""

    def __init__(self, logger: str, headers: dict[str, str], http: HTTPSettings, retries: int, interval: float) -> None:
        self._log = logging.getLogger(logger)
        self._headers = headers
        self._http = http
        self._attempts = retries + 1
        self._interval = interval
        self._stopped = threading.Event()
        self._opener: OpenerDirector | None = None

    def post_json(self, url: str, text: str) -> str | None:
        """Post, and return the body of an answer with status 200; None for everything else."""
        from urllib.request import Request

        request = Request(url, text.encode(), self._headers, method="POST")
        opener = self._opener = self._opener or _opener(self._http)
        for attempt in range(self._attempts):
            if attempt > 0 and self._stopped.wait(self._interval):
                return None
            try:
                with opener.open(request, timeout=self._http.connect_timeout + self._http.read_timeout) as answer:
                    if answer.status == 200:
                        return str(answer.read().decode(errors="replace"))
                    problem = f"the answer is {answer.status}"
            except OSError as failure:  # an answer of 400 and more is one as well
                problem = str(failure)
            self._log.warning("events could not be posted to %s: %s", url, problem)
        return None

    def stop(self) -> None:
        """Make no request again that fails from now on."""
        self._stopped.set()


def _opener(http: HTTPSettings) -> OpenerDirector:
    from urllib.request import HTTPSHandler, ProxyHandler, build_opener

    from .network import with_credentials

    proxy = with_credentials(http.http_proxy, http.http_proxy_auth)
    proxies = ProxyHandler({"http": proxy, "https": proxy} if proxy else None)
    return build_opener(proxies, HTTPSHandler(context=_context(http)))


def _context(http: HTTPSettings) -> ssl.SSLContext:
    import ssl

    context = ssl.create_default_context()
    if http.ca_certs:
        context.load_verify_locations(http.ca_certs)
    if http.cert_file:
        context.load_cert_chain(http.cert_file)
    if http.disable_ssl_verification:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
