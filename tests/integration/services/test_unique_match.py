"""`unique` makes one check, however many ask for it at once, and whatever has happened to the one before."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from chalicelib.domain.ids import Code
from chalicelib.services import unique_match
from chalicelib.store.tables import RegistryItem
from chalicelib.web.api.call import Json
from tests.integration.conftest import Deployment
from tests.integration.web.calling import Api

SAID: Json = {"name": "backup", "unique": ["name"]}
WANTED = {"name": "backup"}


@pytest.fixture
def api(deployment: Deployment) -> Api:
    return Api(deployment)


def test_of_many_at_once_one_makes_the_check_and_the_others_edit_it(api: Api) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(lambda _: api.call("POST", "/checks/", body=b'{"name": "x", "unique": ["name"]}'), range(8))
        )
    assert sorted(answer.status for answer in answers) == [200] * 7 + [201]
    assert len(api.get("/checks/")["checks"]) == 1


def test_one_that_the_index_does_not_show_yet_is_found_by_its_claim(api: Api) -> None:
    made, project = api.post("/checks/", SAID, status=201), "default"
    found = unique_match.claim(api.deployment.wiring.ports, project, WANTED, Code("ours"))
    assert found == made["uuid"]


def test_after_a_deletion_it_makes_another_under_another_code(api: Api) -> None:
    first = api.post("/checks/", SAID, status=201)
    assert api.call("DELETE", f"/checks/{first['uuid']}").status == 200
    second = api.post("/checks/", SAID, status=201)
    assert second["uuid"] != first["uuid"]
    assert api.post("/checks/", SAID)["uuid"] == second["uuid"]


def test_after_a_renaming_it_makes_another(api: Api) -> None:
    first = api.post("/checks/", SAID, status=201)
    api.post(f"/checks/{first['uuid']}", {"name": "renamed"})
    assert api.post("/checks/", SAID, status=201)["uuid"] != first["uuid"]


def test_a_claim_whose_owner_has_died_is_taken_over(api: Api) -> None:
    api.post("/checks/", {"name": "other", "unique": ["name"]}, status=201)
    ports = api.deployment.wiring.ports
    assert unique_match.claim(ports, "default", WANTED, Code("0f3a1b3c-7a51-4ac1-8d6f-1f6f5c1f0a11")) is None
    assert api.post("/checks/", SAID, status=201)["name"] == "backup"


def test_the_order_of_the_listed_fields_does_not_matter(api: Api) -> None:
    both: Json = {"name": "backup", "tags": "prod"}
    first = api.post("/checks/", {**both, "unique": ["name", "tags"]}, status=201)
    assert api.post("/checks/", {**both, "unique": ["tags", "name"]})["uuid"] == first["uuid"]


def test_what_is_refused_claims_nothing(api: Api) -> None:
    api.post("/checks/", {**SAID, "channels": "bogus"}, status=400)
    rows = RegistryItem.query("slug#default")
    assert list(rows) == []
