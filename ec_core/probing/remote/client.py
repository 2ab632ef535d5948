"""One request to an address: the token, the time-out, where it may lead, and trying again.

Trying again is for what passes: a connection that fails or breaks, 429, and 502 to 504. Everything
else is an answer, and where it is no good answer one sentence says what was got.
"""

from __future__ import annotations

import json
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from ec_core.errors import InputError
from ec_core.extras import need
from ec_core.probing.remote.address import Address, parse_address
from ec_core.probing.remote.bearer import TOKEN, hidden, token
from ec_core.probing.remote.hosts import Hosts

if TYPE_CHECKING:
    import httpx

TIMEOUT = 60.0
"""Seconds that one request may take; a model that answers a batch later than that is stuck."""

PATIENCE = 600.0
"""Seconds of waiting for one answer, in all; a server that restarts takes a tenth of that."""

FIRST_WAIT, LONGEST_WAIT, JITTER = 0.5, 30.0, 0.5
"""Seconds before the second try, doubled each time, up to the longest; and a random part, so that
a class of people does not come back all at once."""

FIRST_PATIENCE = 10.0
"""Seconds of waiting where nobody has answered yet: rather a wrong address than a restart."""

PASSING = frozenset({429, 502, 503, 504})
"""Statuses that say: not now."""

MAX_BYTES = 2**28
"""An answer to one batch is never larger: a quarter of a GiB."""

SHOWN = 60
"""Signs of what was got that are shown where it is no answer at all."""

HOPS = 3
"""Redirects that are followed, on the same host only."""

Wait = Callable[[float], object]
Say = Callable[[str], object]


def unsaid(sentence: str) -> None:
    """Where nobody listens."""


class RefusedError(InputError):
    """The server answered, and not with an answer. status : the HTTP status; said : its words."""

    def __init__(self, message: str, status: int, said: str) -> None:
        super().__init__(message)
        self.status, self.said = status, said


class _NotNowError(Exception):
    """Worth trying again.

    after : the seconds that the server asked for; there : somebody answered
    """

    def __init__(self, why: str, after: float | None = None, there: bool = False) -> None:
        super().__init__(why)
        self.why, self.after, self.there = why, after, there


@dataclass(frozen=True)
class Reply:
    """A good answer: its body and its headers, whose names are in small letters."""

    body: bytes
    headers: dict[str, str]

    def json(self, url: str) -> Any:
        """What it says. Raises InputError where that is not JSON; url : what was asked."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            start = hidden(self.body.decode("utf-8", "replace"), SHOWN)
            raise InputError(
                f"{url} does not answer in JSON ({start!r}); check the address."
            ) from None


@dataclass
class Client:
    """Asks one address.

    hosts : which may be asked; timeout : seconds per request; patience : seconds of waiting in all
    wait, say : how to wait, and where to say why; count : requests that were answered
    """

    address: Address
    hosts: Hosts = field(default_factory=Hosts)
    timeout: float = TIMEOUT
    patience: float = PATIENCE
    wait: Wait = time.sleep
    say: Say = unsaid
    count: int = 0
    _client: Any = None

    def get(self, url: str) -> Reply:
        """The answer to a GET. Raises RefusedError or InputError."""
        return self._persistent("GET", url, None, {})

    def post(self, url: str, body: bytes, headers: dict[str, str]) -> Reply:
        """The answer to a POST. Raises RefusedError or InputError."""
        return self._persistent("POST", url, body, headers)

    def close(self) -> None:
        """Close the connections; the next request opens new ones."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def _persistent(self, method: str, url: str, body: bytes | None, headers: Any) -> Reply:
        tenacity = need("tenacity", "http", "Addresses")
        growing = tenacity.wait_exponential(FIRST_WAIT, LONGEST_WAIT) + tenacity.wait_random(
            0, JITTER
        )

        def pause(state: Any) -> float:
            # a server that says "at once" is not asked without end and without a pause
            return max(float(growing(state)), state.outcome.exception().after or 0.0)

        def over(state: Any) -> bool:
            # what was waited so far, and what would be: a server may ask for an hour
            there = self.count > 0 or state.outcome.exception().there
            patience = self.patience if there else min(self.patience, FIRST_PATIENCE)
            return bool(state.idle_for + state.upcoming_sleep > patience)

        def before(state: Any) -> None:
            why = state.outcome.exception().why
            # a server may close a connection that lay idle: no reason to say anything
            if self.count and state.attempt_number == 1 and not state.outcome.exception().there:
                return
            self.say(
                f"{why}; trying again in {state.next_action.sleep:.0f} seconds, try "
                f"{state.attempt_number + 1}."
            )

        tries = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(_NotNowError),
            wait=pause,
            stop=over,
            sleep=self.wait,
            before_sleep=before,
            reraise=True,
        )
        try:
            reply: Reply = tries(self._once, method, url, body, headers)
        except _NotNowError as error:
            raise InputError(self._gave_up(error)) from None
        return reply

    def _gave_up(self, error: _NotNowError) -> str:
        if not (self.count or error.there):
            return f"{error.why}; check the address, and that the model is served there."
        asks = "" if error.after is None else f" and asks to wait {error.after:.0f} seconds"
        return (
            f"{error.why}{asks}, and this program waits no longer than {self.patience:.0f} "
            "seconds; what was answered is kept, and the same command goes on from there."
        )

    def _once(self, method: str, url: str, body: bytes | None, headers: dict[str, str]) -> Reply:
        for _ in range(HOPS + 1):
            target, reply = self._send(method, url, body, headers)
            if target is None:
                self.count += 1
                return reply
            url = target
        raise InputError(f"{self.address.url} redirects in a circle; expected an answer.")

    def _send(
        self, method: str, url: str, body: bytes | None, headers: dict[str, str]
    ) -> tuple[str | None, Reply]:
        """Where a redirect leads, or None and the answer."""
        httpx = need("httpx", "http", "Addresses")
        host = self.address.host
        try:
            request = self._request(httpx, method, url, body, headers)
            reply = self._opened(httpx).send(request, stream=True)
            try:
                data = self._read(reply)
            finally:
                reply.close()
        except httpx.TimeoutException:
            raise _NotNowError(f"{host} has not answered within {self.timeout:g} seconds") from None
        except httpx.UnsupportedProtocol:
            raise InputError(f"{self.address.url} is no address that can be asked.") from None
        except httpx.TransportError as error:
            self.close()
            if _untrusted(error):
                raise InputError(
                    f"The certificate of {host} is not trusted ({_reason(error)}); SSL_CERT_FILE "
                    "can name the one that signed it."
                ) from None
            where = f"{host}:{self.address.port}"
            raise _NotNowError(f"{where} cannot be reached ({_reason(error)})") from None
        except httpx.RequestError as error:
            raise InputError(
                f"{self.address.url} answers in a way that cannot be read ({_reason(error)})."
            ) from None
        except httpx.InvalidURL as error:
            raise InputError(f"{self.address.url} is no address: {error}.") from None
        if reply.is_redirect:
            return self._elsewhere(method, url, reply), Reply(b"", {})
        if reply.status_code in PASSING:
            after = _after(reply.headers.get("retry-after"))
            why = f"{host} says {reply.status_code} {_words(reply)}"
            said = hidden(_error(data))
            raise _NotNowError(f"{why}: {said}" if said else why, after, there=True)
        if not reply.is_success:
            raise self._refused(reply, data)
        return None, Reply(data, {name.lower(): text for name, text in reply.headers.items()})

    def _refused(self, reply: httpx.Response, data: bytes) -> RefusedError:
        said = hidden(_error(data))
        cure = "check the address"
        if reply.status_code in (401, 403):
            cure = f"put a bearer token that is allowed to into the environment variable {TOKEN}"
        tail = f": {said.rstrip('.')}" if said else ""
        return RefusedError(
            f"{self.address.url} answers {reply.status_code} {_words(reply)}{tail}; expected an "
            f"answer of numbers, {cure}.",
            reply.status_code,
            said,
        )

    def _opened(self, httpx: Any) -> Any:
        """The connections. Where hosts are listed nothing of the environment (a proxy, say) may
        lead elsewhere.
        """
        if self._client is None:
            self._client = httpx.Client(
                timeout=self.timeout,
                trust_env=self.hosts.words is None,
                follow_redirects=False,
                # without certificates to check there are none to read from the disk
                verify=self.address.scheme == "https",
            )
        return self._client

    def _request(
        self, httpx: Any, method: str, url: str, body: bytes | None, headers: dict[str, str]
    ) -> Any:
        """The request, to the number that was looked at and not to a name that leads elsewhere by
        then; the certificate is still the name's.
        """
        number = self.hosts.number(parse_address(url))
        more = {"accept": "application/json", "accept-encoding": "identity", **headers}
        request = self._opened(httpx).build_request(method, url, content=body, headers=more)
        if number is not None:
            request.extensions["sni_hostname"] = request.url.raw_host.decode("ascii")
            request.url = request.url.copy_with(host=number)
        secret = token()
        if secret is not None:
            request.headers["authorization"] = f"Bearer {secret}"
        return request

    def _read(self, reply: httpx.Response) -> bytes:
        parts, size, began = [], 0, time.monotonic()
        for part in reply.iter_bytes():
            size += len(part)
            if size > MAX_BYTES:
                raise InputError(
                    f"{self.address.url} answers with more than {MAX_BYTES // 2**20} MiB at once; "
                    "ask fewer questions at once (--batch)."
                )
            # each part may come in time and all of them never end
            if time.monotonic() - began > self.timeout:
                raise _NotNowError(
                    f"{self.address.host} has not answered within {self.timeout:g} seconds"
                )
            parts.append(part)
        return b"".join(parts)

    def _elsewhere(self, method: str, url: str, reply: httpx.Response) -> str:
        """Where a redirect leads, to its very end, if it stays on the same host."""
        location = str(reply.headers.get("location", ""))
        try:
            target = urljoin(url, location)
            there = parse_address(target)
        except (ValueError, InputError):
            raise InputError(
                f"{self.address.url} redirects to {hidden(location, SHOWN)!r}, which is no address "
                "that can be asked; expected an answer."
            ) from None
        same = there.origin == self.address.origin and there.scheme == self.address.scheme
        if not same or (method == "POST" and reply.status_code not in (307, 308)):
            raise InputError(
                f"{self.address.url} redirects to {hidden(there.url, SHOWN)}, and redirects to "
                "another place are not followed; if you trust it, give that address itself."
            )
        return target


def _untrusted(error: BaseException | None) -> bool:
    """Does a certificate that nobody vouches for stand behind this?"""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False


def _words(reply: httpx.Response) -> str:
    return hidden(reply.reason_phrase) or "(no words)"


def _reason(error: Exception) -> str:
    return hidden(str(error)) or type(error).__name__


def _error(data: bytes) -> str:
    """The sentence in an error's body: the value of "error" or the like, or the text itself."""
    text = data[: 64 * 1024].decode("utf-8", "replace")
    if text.startswith("Traceback"):
        return text.strip().rpartition("\n")[2]
    try:
        facts = json.loads(text)
    except (ValueError, RecursionError):
        return "" if text.lstrip().startswith("<") else text
    if isinstance(facts, dict):
        for name in ("error", "message", "detail", "title"):
            if isinstance(facts.get(name), str):
                return str(facts[name])
            if isinstance(facts.get(name), dict | list):
                return json.dumps(facts[name])
    return text


def _after(text: str | None) -> float | None:
    """Seconds of a Retry-After, which is a number or a date."""
    if not text:
        return None
    try:
        return max(0.0, float(text))
    except ValueError:
        pass
    try:
        then = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(0.0, (then - datetime.now(UTC)).total_seconds()) if then.tzinfo else None
