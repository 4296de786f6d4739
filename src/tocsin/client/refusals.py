"""What a desk answers instead of what was asked for: problem+json (RFC 9457) as exceptions.

ApiRefused          the request is wrong, or may not be made; again it would be the same
├── NotSignedIn     401  no token, or one that holds no more
├── NotAllowed      403  the token's role or scope is not enough
├── NotFound        404
├── Conflict        409  somebody decided meanwhile, or an Idempotency-Key used twice
├── Invalid         413, 422  says what is wrong with it
├── Locked          423  ``tocsin lock`` was used on the desk
└── TooOften        429  ``retry_after_s``
ApiFailed           the desk or the network failed; trying again may help
"""

from __future__ import annotations

from tocsin.errors import EnvironmentFailed, UsageError


class ApiRefused(UsageError):
    """The desk refused.

    Args:
        status: of HTTP.
        title: the kind of refusal, in few words.
        detail: what exactly is wrong.
        retry_after_s: after which it may be tried again, where the desk said so.
    """

    def __init__(
        self, status: int, title: str, detail: str, retry_after_s: float | None = None
    ) -> None:
        super().__init__(f"{status} {title}: {detail}")
        self.status = status
        self.title = title
        self.detail = detail
        self.retry_after_s = retry_after_s


class NotSignedIn(ApiRefused):
    """No token, or one that holds no more."""


class NotAllowed(ApiRefused):
    """The token's role or scope is not enough."""


class NotFound(ApiRefused):
    """What was asked for is not there."""


class Conflict(ApiRefused):
    """Somebody else decided meanwhile, or the Idempotency-Key was used for another request."""


class Invalid(ApiRefused):
    """The request says something that cannot be."""


class Locked(ApiRefused):
    """The desk is locked."""


class TooOften(ApiRefused):
    """Wait for ``retry_after_s``."""


class ApiFailed(EnvironmentFailed):
    """The desk could not answer, or was not reached, also after trying again.

    Args:
        status: of HTTP; 0: it was not reached.
    """

    def __init__(self, status: int, problem: str) -> None:
        super().__init__(problem)
        self.status = status


KINDS: dict[int, type[ApiRefused]] = {
    401: NotSignedIn,
    403: NotAllowed,
    404: NotFound,
    409: Conflict,
    413: Invalid,
    422: Invalid,
    423: Locked,
    429: TooOften,
}
