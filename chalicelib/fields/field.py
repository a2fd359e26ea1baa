"""What a field of the table says of itself. Start at `Field`."""

from collections.abc import Callable
from typing import Any, NamedTuple

from chalicelib.domain.config import Config
from chalicelib.fields.kinds import Kind

DEFAULTS = Config()
SECTIONS = {  # fields that belong together, with a title
    "check": "The check",
    "schedule": "Schedule",
    "duration": "Duration",
    "throughput": "Throughput",
    "patience": "Patience and reminders",
    "exceptions": "First ping, early successes, maintenance",
    "alerts": "Alerts",
    "relations": "Other checks",
    "more": "Description, pausing, ways to ping",
}


class Field(NamedTuple):
    """A configuration field. Its name is that of the Management API, which errors use, too."""

    name: str
    kind: Kind
    label: str
    help: str
    section: str  # a key of SECTIONS
    attribute: str = ""  # of `Config`, filters behind a dot; "": as the name
    since: str = "v1"  # the first version of the Management API that has it
    on_create: bool = False  # whether `?create=1` accepts it
    yaml: str | None = ""  # the name in a file of checks, which two fields may share; "": as the field; None: no name
    option: str | None = ""  # the option of the CLI, as above; "": as the field, with hyphens; None: several options
    query: str = ""  # the parameter of `?create=1`; "": as the field
    form: str | None = ""  # the input of the form; "": as the field; None: the form does not show it
    examples: tuple[object, ...] = ()  # for the OpenAPI document
    get: Callable[[Config], Any] | None = None  # its value, where an attribute does not hold just that

    @property
    def path(self) -> tuple[str, ...]:
        """Where `Config` holds it: an attribute, or one of `filters`."""
        return tuple((self.attribute or self.name).split("."))

    def of(self, config: Config) -> Any:
        """The value that a configuration has."""
        if self.get is not None:
            return self.get(config)
        found: Any = config
        for name in self.path:
            found = getattr(found, name)
        return found

    @property
    def default(self) -> Any:
        """The value that holds where nothing else is said."""
        return self.of(DEFAULTS)

    @property
    def parameter(self) -> str:
        """The parameter of `?create=1`."""
        return self.query or self.name

    @property
    def form_name(self) -> str | None:
        """The input of the form."""
        return self.name if self.form == "" else self.form

    @property
    def yaml_name(self) -> str | None:
        """The name in a file of checks."""
        return self.name if self.yaml == "" else self.yaml

    @property
    def option_name(self) -> str | None:
        """The option of the CLI."""
        return "--" + self.name.replace("_", "-") if self.option == "" else self.option
