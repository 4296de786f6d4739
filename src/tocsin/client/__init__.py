"""A desk's API from Python: ``with Client(url, token) as desk: …``; see docs/api.md."""

from tocsin.client.calling import Patience
from tocsin.client.client import Client
from tocsin.client.forms import (
    Change,
    Decided,
    PostToSend,
    Reading,
    RefusedPost,
    Situation,
    Taken,
    WarningLine,
)
from tocsin.client.refusals import (
    ApiFailed,
    ApiRefused,
    Conflict,
    Invalid,
    Locked,
    NotAllowed,
    NotFound,
    NotSignedIn,
    TooOften,
)

__all__ = [
    "ApiFailed",
    "ApiRefused",
    "Change",
    "Client",
    "Conflict",
    "Decided",
    "Invalid",
    "Locked",
    "NotAllowed",
    "NotFound",
    "NotSignedIn",
    "Patience",
    "PostToSend",
    "Reading",
    "RefusedPost",
    "Situation",
    "Taken",
    "TooOften",
    "WarningLine",
]
