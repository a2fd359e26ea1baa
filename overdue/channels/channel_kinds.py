"""Parse a channel's target, such as an e-mail address or a URL: which service delivers it and what is stored.

Start at `target`. Makes no calls; `admin` creates and removes channels. URLs for Apprise are validated by Apprise
itself, which the notifier uses to send.
"""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit
from uuid import NAMESPACE_URL, uuid5

from chalicelib.domain.channels import AMAZON_Q, PAGERDUTY
from chalicelib.domain.errors import BadInput
from overdue.local.discovery import LOOPBACK

APPRISE = "apprise"
LONGEST_URL = 3_000  # characters; an SSM parameter holds at most 4,096 bytes
FORMS = (
    "an e-mail address, a phone number (+15550100), https://…, arn:aws:sqs:…, arn:aws:lambda:…, pagerduty:KEY, "
    "amazon-q, or an Apprise URL such as slack://… (docs/how-to/channels.md)"
)
ONLY_ON_A_DESK = ("dbus", "glib", "gnome", "kde", "macosx", "qt", "syslog", "windows")  # notify their own machine
PAGERDUTY_HOSTS = ("events.pagerduty.com", "events.eu.pagerduty.com")

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,38}[A-Za-z0-9]|[A-Za-z0-9]")
_EMAIL = re.compile(r"[^\s@:/,;<>\"]+@[^\s@:/,;<>\"]+\.[^\s@:/,;<>\".]+")
_PHONE = re.compile(r"\+[1-9][0-9]{6,14}")
_INTEGRATION_KEY = re.compile(r"[A-Za-z0-9]{20,64}")
_ARN = re.compile(r"arn:(aws[a-z-]*):(sqs|lambda):([a-z0-9-]+):([0-9]{12}):(\S+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscribed:
    """A target that SNS delivers to directly."""

    kind: str
    protocol: str  # SNS's name for it
    endpoint: str
    topic: str  # "alerts" or "pagerduty"

    @property
    def stored(self) -> str:
        """The text that the registry stores."""
        return self.endpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class Apprised:
    """A target that the notifier function delivers to, with Apprise."""

    url: str  # a secret
    stored: str  # the URL with its secrets masked


@dataclass(frozen=True, slots=True, kw_only=True)
class Chat:
    """Amazon Q Developer, which subscribes to the chat topic and delivers to its chat clients."""

    stored: str = ""


Target = Subscribed | Apprised | Chat


def channel_name(text: str) -> str:
    """Validate the name of a channel. Raises BadInput."""
    if not _NAME.fullmatch(text):
        raise BadInput(
            f'"{text}" is not a valid channel name. Use 1 to 40 letters, digits, spaces, dots, hyphens and '
            "underscores, with a letter or digit at both ends."
        )
    return text


def channel_id(project: str, name: str) -> str:
    """The id of a channel, derived from project and name: checks keep using a channel that is created again."""
    return str(uuid5(NAMESPACE_URL, f"overdue:channel:{project}:{name}"))


def target(text: str) -> Target:
    """Parse a target. Raises BadInput, whose message never repeats a URL, since it may hold a secret."""
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
    raise BadInput(f'"{text}" is not a channel target. Use {FORMS}')


def _pagerduty(key: str) -> Subscribed:
    if not _INTEGRATION_KEY.fullmatch(key):
        raise BadInput(
            "The text after pagerduty: is not an integration key (32 letters and digits). PagerDuty shows the key "
            "under Services, your service, Integrations, Amazon CloudWatch."
        )
    return _at_pagerduty(f"https://{PAGERDUTY_HOSTS[0]}/integration/{key}/enqueue")


def _at_pagerduty(url: str) -> Subscribed:
    return Subscribed(kind=PAGERDUTY, protocol="https", endpoint=url, topic="pagerduty")


def _of_arn(text: str) -> Subscribed:
    match = _ARN.fullmatch(text)
    if match is None:
        raise BadInput(
            f'"{text}" is not the ARN of a queue or function. Use arn:aws:sqs:REGION:ACCOUNT:QUEUE or arn:aws:lambda:…'
        )
    if match[2] == "sqs" and text.endswith(".fifo"):
        raise BadInput(
            f'"{text}" is a FIFO queue, and SNS delivers to those from FIFO topics only. Use a standard queue.'
        )
    return Subscribed(kind=match[2], protocol=match[2], endpoint=text, topic="alerts")


def _phone(text: str) -> Subscribed:
    number = re.sub(r"[ ().-]", "", text)
    if not _PHONE.fullmatch(number):
        raise BadInput(f'"{text}" is not a phone number. Begin with + and the country code, such as +15550100.')
    return Subscribed(kind="sms", protocol="sms", endpoint=number, topic="alerts")


def _of_url(url: str) -> Target:
    scheme = url.partition("://")[0].lower()
    if not url.isprintable() or " " in url or len(url) > LONGEST_URL:
        raise BadInput(f"This {scheme}:// URL has spaces or control characters, or more than {LONGEST_URL} characters.")
    if scheme == "https" and _host(url) in PAGERDUTY_HOSTS:
        return _at_pagerduty(url)
    if scheme in ONLY_ON_A_DESK:
        raise BadInput(
            f"{scheme}:// notifies the machine that it runs on, which here is a Lambda function nobody sees."
        )
    from overdue.channels import apprise_urls  # imports Apprise, which loads all its services: 0.7 s

    if stored := apprise_urls.masked(url):
        return Apprised(url=url, stored=stored)
    match scheme:
        case "https" if _host(url):
            return Subscribed(kind="https", protocol="https", endpoint=url, topic="alerts")
        case "http" if _host(url) in LOOPBACK:
            return Subscribed(kind="https", protocol="http", endpoint=url, topic="alerts")
        case "http":
            raise BadInput("http:// would send alerts unencrypted. Use https://.")
        case _:
            raise BadInput(apprise_urls.refusal(scheme, forms=FORMS))


def _host(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


def shown(kind: str, stored: str) -> str:
    """A stored target for display, without keys and query parameters."""
    if kind == PAGERDUTY:
        parts = [part for part in urlsplit(stored).path.split("/") if len(part) >= 20]
        return f"pagerduty:{parts[-1][:4]}…" if parts else "pagerduty"
    if kind == "https":
        address = urlsplit(stored)
        host = address.netloc.rpartition("@")[2]
        return f"{address.scheme}://{host}{address.path}{'?…' if address.query else ''}"
    return stored
