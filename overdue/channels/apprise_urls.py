"""What Apprise makes of a URL: whether one of its services takes it, and what may be shown of it."""

from difflib import get_close_matches

from apprise import Apprise


def masked(url: str) -> str | None:
    """The URL without what lets anybody send: Apprise's own masking, less what that leaves plain. None: no service."""
    service = Apprise.instantiate(url, suppress_exceptions=True)
    if service is None:
        return None
    whole: str = service.url(privacy=True)
    shown = whole.partition("?")[0]
    scheme, _, rest = shown.partition("://")
    is_any_server = scheme.rstrip("s") in ("json", "xml", "form")  # a path there may be the secret
    return f"{scheme}://{rest.partition('/')[0]}/…" if is_any_server else shown.rstrip("/")


def refusal(scheme: str, *, forms: str) -> str:
    """Why no service takes a URL of this scheme; `forms` are what else a target may be."""
    schemes = {name for plugin in Apprise().details()["schemas"] for name in _schemes(plugin)}
    if scheme in schemes:
        return (
            f"Apprise does not take this {scheme}:// URL: a part is missing, or has another form than "
            f"its page says: https://github.com/caronc/apprise/wiki"
        )
    near = get_close_matches(scheme, schemes, n=1)
    meant = f" Is {near[0]}:// meant?" if near else ""
    return f"{scheme}:// is nothing that Apprise knows.{meant} Else say {forms}"


def _schemes(plugin: dict[str, object]) -> list[str]:
    return [str(name) for kind in ("protocols", "secure_protocols") for name in _listed(plugin.get(kind))]


def _listed(names: object) -> list[object]:
    return list(names) if isinstance(names, list | tuple | set | frozenset) else []
