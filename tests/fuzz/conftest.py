"""How much, and from which seed. `make fuzz` sends 20,000 requests from a new seed; `make test` a few hundred."""

from dataclasses import dataclass
from random import SystemRandom

import pytest

from tests.integration.conftest import aws, deployment, dynamodb_url  # noqa: F401  # its fixtures

FEW, SEED, LONGEST_S = 300, 20_260_301, 300.0


@dataclass(frozen=True, slots=True)
class Dose:
    """So many requests. What cannot be sent in so long has not been tried, and is a failure."""

    seed: int
    requests: int
    seconds: float


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--requests", type=int, default=FEW, help="how many hostile requests each test sends")
    parser.addoption("--seconds", type=float, default=LONGEST_S, help="within how long; what is not sent by then fails")
    parser.addoption("--seed", type=int, default=SEED, help="what makes them; 0 takes a new one")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--seed", SEED) == 0:
        config.option.seed = SystemRandom().randrange(1, 2**32)


def pytest_report_header(config: pytest.Config) -> str:
    return f"fuzz: --seed {config.getoption('--seed', SEED)}"


@pytest.fixture
def dose(pytestconfig: pytest.Config) -> Dose:
    """What was asked for; unknown options are those of a run that did not ask for this folder by name."""
    return Dose(
        seed=pytestconfig.getoption("--seed", SEED),
        requests=pytestconfig.getoption("--requests", FEW),
        seconds=pytestconfig.getoption("--seconds", LONGEST_S),
    )
