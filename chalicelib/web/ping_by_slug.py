"""Which check a ping by key and slug means; with `?create=1` it may be a new one. Start at `find`."""

from chalicelib.domain.config import Config
from chalicelib.domain.errors import WrongKey
from chalicelib.domain.field_errors import FieldError
from chalicelib.domain.ids import Code
from chalicelib.domain.keys import Scope
from chalicelib.fields.create import config_of_new, parameter_of
from chalicelib.runtime import Wiring
from chalicelib.security_log import Actor
from chalicelib.services.find_or_create import find_or_create
from chalicelib.web.ping_request import BadPing, PingRequest


def find(wiring: Wiring, said: PingRequest, ping_key: str, slug: str) -> tuple[Code, bool]:
    """The code of the check, and whether it has just been created. Raises as `find_or_create`, and WrongKey."""
    now = said.ping.at
    key = wiring.registry.key(ping_key, now=now)
    if key.scope is not Scope.PING:
        raise WrongKey("no such ping key", prefix=key.prefix)
    by = Actor(by="ping_key", project=key.project, name=key.name, key_prefix=key.prefix, source=said.source)
    config = (lambda: _config_of_new(said, slug)) if said.query.get("create") == "1" else None
    return find_or_create(wiring.ports, wiring.admission, slug, config=config, now=now, by=by)


def _config_of_new(said: PingRequest, slug: str) -> Config:
    if said.refusal is not None:
        raise BadPing(said.refusal)
    try:
        return config_of_new(slug, said.query, now=said.ping.at)
    except FieldError as error:
        raise BadPing(error.told(parameter_of)) from error
