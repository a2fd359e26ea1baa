"""What a channel is, from the one text that an operator gives for it: who serves it, and what is kept of it.

Start at `target`. Nothing is asked or changed here; that is `channel_keeping`'s business. What
has Apprise's form is checked by Apprise itself, which the notifier sends it with.
"""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit
from uuid import NAMESPACE_URL, uuid5

from chalicelib.domain.channels import AMAZON_Q, PAGERDUTY
from chalicelib.domain.errors import BadInput
from overdue.local.discovery import LOOPBACK

APPRISE = "apprise"
LONGEST_URL = 3_000  # characters: a parameter has at most 4,096 bytes
FORMS = (
    "an e-mail address, a phone number (+15550100), https://…, arn:aws:sqs:…, arn:aws:lambda:…, pagerduty:KEY, "
    "amazon-q, or a URL of Apprise such as slack://… (docs/how-to/channels.md)"
)
ONLY_ON_A_DESK = ("dbus", "glib", "gnome", "kde", "macosx", "qt", "syslog", "windows")  # they tell one machine
PAGERDUTY_HOSTS = ("events.pagerduty.com", "events.eu.pagerduty.com")

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,38}[A-Za-z0-9]|[A-Za-z0-9]")
_EMAIL = re.compile(r"[^\s@:/,;<>\"]+@[^\s@:/,;<>\"]+\.[^\s@:/,;<>\".]+")
_PHONE = re.compile(r"\+[1-9][0-9]{6,14}")
_INTEGRATION_KEY = re.compile(r"[A-Za-z0-9]{20,64}")
_ARN = re.compile(r"arn:(aws[a-z-]*):(sqs|lambda):([a-z0-9-]+):([0-9]{12}):(\S+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscribed:
    """SNS itself delivers it."""

    kind: str
    protocol: str  # of SNS
    endpoint: str
    topic: str  # alerts, pagerduty

    @property
    def stored(self) -> str:
        """What the registry keeps."""
        return self.endpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class Apprised:
    """The notifier delivers it."""

    url: str  # a secret
    stored: str  # masked


@dataclass(frozen=True, slots=True, kw_only=True)
class Chat:
    """Amazon Q Developer delivers it: whoever is subscribed to the chat topic."""

    stored: str = ""


Target = Subscribed | Apprised | Chat


def channel_name(text: str) -> str:
    """A name that a channel may have. Raises BadInput."""
    if not _NAME.fullmatch(text):
        raise BadInput(
            f'"{text}" cannot be a channel: use 1 to 40 letters, digits, blanks, dots, hyphens and underscores'
        )
    return text


def channel_id(project: str, name: str) -> str:
    """The same for the same name: a channel that is made again is that of the checks which have named it."""
    return str(uuid5(NAMESPACE_URL, f"overdue:channel:{project}:{name}"))


def target(text: str) -> Target:
    """What is meant. Raises BadInput, which never repeats a URL: it may hold a secret."""
    text = text.strip()
    if text == AMAZON_Q:
        return Chat()
    if text.startswith("pagerduty:") and not text.startswith("pagerduty://"):
        return _pagerduty(text.removeprefix("pagerduty:"))
    if text.startswith("arn:"):
        return _of_arn(text)
    if text.startswith("+"):
        return _phone(text)
    if "://" in text:
        return _of_url(text)
    if _EMAIL.fullmatch(text):
        return Subscribed(kind="email", protocol="email", endpoint=text, topic="alerts")
    raise BadInput(f'"{text}" is no target. Say {FORMS}')


def _pagerduty(key: str) -> Subscribed:
    if not _INTEGRATION_KEY.fullmatch(key):
        raise BadInput(
            "what follows pagerduty: is no integration key, 32 letters and digits. PagerDuty shows it under Services, "
            "your service, Integrations, Amazon CloudWatch"
        )
    return _at_pagerduty(f"https://{PAGERDUTY_HOSTS[0]}/integration/{key}/enqueue")


def _at_pagerduty(url: str) -> Subscribed:
    return Subscribed(kind=PAGERDUTY, protocol="https", endpoint=url, topic="pagerduty")


def _of_arn(text: str) -> Subscribed:
    match = _ARN.fullmatch(text)
    if match is None:
        raise BadInput(
            f'"{text}" is no queue and no function: write arn:aws:sqs:REGION:ACCOUNT:QUEUE, or arn:aws:lambda:…'
        )
    if match[2] == "sqs" and text.endswith(".fifo"):
        raise BadInput(f'"{text}" is a FIFO queue, which SNS feeds from FIFO topics only: use a standard queue')
    return Subscribed(kind=match[2], protocol=match[2], endpoint=text, topic="alerts")


def _phone(text: str) -> Subscribed:
    number = re.sub(r"[ ().-]", "", text)
    if not _PHONE.fullmatch(number):
        raise BadInput(f'"{text}" is no phone number: write + and country code first, such as +15550100')
    return Subscribed(kind="sms", protocol="sms", endpoint=number, topic="alerts")


def _of_url(url: str) -> Target:
    scheme = url.partition("://")[0].lower()
    if not url.isprintable() or " " in url or len(url) > LONGEST_URL:
        raise BadInput(f"this {scheme}:// URL has blanks or control characters, or more than {LONGEST_URL} characters")
    if scheme == "https" and _host(url) in PAGERDUTY_HOSTS:
        return _at_pagerduty(url)
    if scheme in ONLY_ON_A_DESK:
        raise BadInput(f"{scheme}:// tells the machine that it runs on: nobody sits before the notifier function")
    from overdue.channels import apprise_urls  # imports Apprise, which loads all its services: 0.7 s

    if stored := apprise_urls.masked(url):
        return Apprised(url=url, stored=stored)
    match scheme:
        case "https" if _host(url):
            return Subscribed(kind="https", protocol="https", endpoint=url, topic="alerts")
        case "http" if _host(url) in LOOPBACK:
            return Subscribed(kind="https", protocol="http", endpoint=url, topic="alerts")
        case "http":
            raise BadInput("http:// would send alerts in the clear: use https://")
        case _:
            raise BadInput(apprise_urls.refusal(scheme, forms=FORMS))


def _host(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


def shown(kind: str, stored: str) -> str:
    """A kept target as it may be seen: without keys and parameters."""
    if kind == PAGERDUTY:
        parts = [part for part in urlsplit(stored).path.split("/") if len(part) >= 20]
        return f"pagerduty:{parts[-1][:4]}…" if parts else "pagerduty"
    if kind == "https":
        address = urlsplit(stored)
        host = address.netloc.rpartition("@")[2]
        return f"{address.scheme}://{host}{address.path}{'?…' if address.query else ''}"
    return stored
