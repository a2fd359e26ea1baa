from overdue.checks_file.apply import apply
from overdue.checks_file.file import read
from overdue.checks_file.plan import Step, plan
from overdue.checks_file.wire import Labels
from overdue.client.api import Api

NOBODY = Api("http://127.0.0.1:9/api/v3", "k" * 32, None)  # the port of "discard", where nothing listens


def test_an_interruption_tells_how_far_it_came() -> None:
    found = plan(read("checks: {a: , b: }", name="checks.yaml"), [], Labels({}), prune=False)

    def interrupt(_number: int, _step: Step) -> None:
        raise KeyboardInterrupt

    outcome = apply(found, NOBODY, before_each=interrupt)
    assert (outcome.failed, outcome.left, outcome.done) == (found.steps[0], found.steps[1:], ())
    assert (outcome.why, outcome.is_unknown) == ("It was interrupted.", True)


def test_no_answer_leaves_open_whether_it_was_done() -> None:
    found = plan(read("checks: {a: }", name="checks.yaml"), [], Labels({}), prune=False)
    outcome = apply(found, NOBODY, before_each=lambda _number, _step: None)
    assert (outcome.failed, outcome.is_unknown) == (found.steps[0], True)
