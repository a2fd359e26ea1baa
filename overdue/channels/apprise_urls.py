"""Which Apprise service accepts a URL, and what may be shown of the URL."""

from difflib import get_close_matches

from apprise import Apprise


def masked(url: str) -> str | None:
    """A URL that identifies the channel but cannot be used to send; None if no service accepts the URL.

    Masked by Apprise, without what Apprise leaves plain.
    """
    service = Apprise.instantiate(url, suppress_exceptions=True)
    if service is None:
        return None
    whole: str = service.url(privacy=True)
    shown = whole.partition("?")[0]
    scheme, _, rest = shown.partition("://")
    is_any_server = scheme.rstrip("s") in ("json", "xml", "form")  # a path there may be the secret
    return f"{scheme}://{rest.partition('/')[0]}/…" if is_any_server else shown.rstrip("/")


def refusal(scheme: str, *, forms: str) -> str:
    """Why no service accepts a URL of this scheme; `forms` names the other forms of a target."""
    schemes = {name for plugin in Apprise().details()["schemas"] for name in _schemes(plugin)}
    if scheme in schemes:
        return (
            f"Apprise does not accept this {scheme}:// URL: a part is missing or malformed. "
            f"Its format is described at https://github.com/caronc/apprise/wiki"
        )
    near = get_close_matches(scheme, schemes, n=1)
    hint = f" Did you mean {near[0]}://?" if near else ""
    return f"Apprise does not know {scheme}://.{hint} Use {forms}"


def _schemes(plugin: dict[str, object]) -> list[str]:
    return [str(name) for kind in ("protocols", "secure_protocols") for name in _listed(plugin.get(kind))]


def _listed(names: object) -> list[object]:
    return list(names) if isinstance(names, list | tuple | set | frozenset) else []
