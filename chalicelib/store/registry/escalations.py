"""Named escalation policies: rows `project#<id>` / `escalation#<name>` of the registry.

Read strongly, and never remembered. A check holds a copy of the steps that it escalates by (docs/adr/0010): rows are
read only where a check is made, or changed, or the policy is.
"""

from chalicelib.domain.config import Step
from chalicelib.store.codecs.config_codec import dump_steps, load_steps
from chalicelib.store.tables import RegistryItem, talking

_PREFIX = "escalation#"


def of_project(project: str) -> dict[str, tuple[Step, ...]]:
    """The policies of a project, by name. One query."""
    with talking:
        rows = list(RegistryItem.query(f"project#{project}", RegistryItem.sk.startswith(_PREFIX), consistent_read=True))
    return {row.sk.removeprefix(_PREFIX): load_steps(row.steps or "[]") for row in rows}


def keep(project: str, name: str, steps: tuple[Step, ...]) -> None:
    """Write a policy, over the one of its name."""
    with talking:
        RegistryItem(f"project#{project}", _PREFIX + name, steps=dump_steps(steps)).save()


def drop(project: str, name: str) -> None:
    """Let there be no such policy; one that is gone stays gone."""
    with talking:
        RegistryItem(f"project#{project}", _PREFIX + name).delete()
