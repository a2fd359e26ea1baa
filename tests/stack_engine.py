"""What moto's CloudFormation lacks for our stack: types that it does not know, outputs after a change set, imports.

Start at `teach`, before the first stack. What moto cannot be taught (events of resources, rollbacks, throttles) is
scripted where it is tested.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from moto.cloudformation.models import CloudFormationBackend
from moto.cloudformation.parsing import ResourceMap, get_model_list, get_model_map
from moto.core.common_models import CloudFormationModel
from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.table import Table
from moto.iam.access_control import IAMPolicyStatement

API = "https://a1b2c3.execute-api.us-east-1.amazonaws.com"
# Types of which nothing but their being there matters, with what GetAtt knows of each.
UNKNOWN: dict[str, dict[str, str]] = {
    "AWS::ApiGatewayV2::Api": {"ApiEndpoint": API},
    "AWS::ApiGatewayV2::ApiMapping": {},
    "AWS::ApiGatewayV2::DomainName": {"RegionalDomainName": "d-abc.execute-api.us-east-1.amazonaws.com"},
    "AWS::ApiGatewayV2::Integration": {},
    "AWS::ApiGatewayV2::Route": {},
    "AWS::ApiGatewayV2::Stage": {},
    "AWS::CertificateManager::Certificate": {},
    "AWS::CloudWatch::Alarm": {},
    "AWS::CloudWatch::Dashboard": {},
    "AWS::Lambda::EventInvokeConfig": {},
    "AWS::SNS::Subscription": {},
    "AWS::SNS::TopicPolicy": {},
    "AWS::SQS::QueuePolicy": {},
}


@cache
def teach() -> None:
    """Once a process."""
    known = get_model_map()
    for name, attributes in UNKNOWN.items():
        if name not in known:
            _type(name, attributes)
    get_model_list.cache_clear()
    get_model_map.cache_clear()
    _leave_alone_what_is_not_made()
    _execute_as_aws_does()
    _let_tls_in()


_KNOWN: list[Any] = []  # moto finds subclasses, and nobody else holds them


def _type(name: str, attributes: dict[str, str]) -> None:
    class Known(CloudFormationModel):
        __module__ = "moto.cloudformation.models"  # its metaclass reads that

        def __init__(self, resource_name: str) -> None:
            self.physical_resource_id = resource_name

        @staticmethod
        def cloudformation_name_type() -> str:
            return ""

        @staticmethod
        def cloudformation_type() -> str:
            return name

        @classmethod
        def has_cfn_attr(cls, attr: str) -> bool:
            return attr in attributes

        def get_cfn_attribute(self, attr: str) -> str:
            return attributes[attr]

        @classmethod
        def create_from_cloudformation_json(cls, resource_name: str, *_: Any, **__: Any) -> Any:
            return cls(resource_name)

        @classmethod
        def update_from_cloudformation_json(cls, original_resource: Any, *_: Any, **__: Any) -> Any:
            return original_resource

        @classmethod
        def delete_from_cloudformation_json(cls, *_: Any, **__: Any) -> None:
            return None

    _KNOWN.append(Known)


def _leave_alone_what_is_not_made() -> None:
    """moto updates resources whose condition is false."""
    differing = ResourceMap.build_resource_diff

    def of_those_made(self: Any, *arguments: Any, **more: Any) -> Any:
        found = differing(self, *arguments, **more)
        return found | {"Modify": [name for name in found["Modify"] if self._parsed_resources.get(name) is not None]}

    setattr(ResourceMap, "build_resource_diff", of_those_made)  # noqa: B010  # else mypy minds


def _execute_as_aws_does() -> None:
    """With outputs and parameters afterwards; and an import takes a table that is there, which nothing else may."""
    execute = CloudFormationBackend.execute_change_set

    def executed(self: Any, change_set_name: str, stack_name: str | None = None) -> None:
        change_set = self.describe_change_set(change_set_name)
        is_import = change_set.change_set_type == "IMPORT"
        made = dict(change_set.stack.resource_map._parsed_resources)
        with _importing() if is_import else _as_it_is():
            execute(self, change_set_name, stack_name)
        stack = self.stacks[change_set.stack_id]
        # It forgets what it cannot update.
        for name, resource in made.items():
            if stack.resource_map._parsed_resources.get(name) is None:
                stack.resource_map._parsed_resources[name] = resource
        stack._parse_template()
        declared = stack.template_dict.get("Parameters", {})
        stack.parameters = {name: stack.stack_parameters[name] for name in declared}
        stack.output_map = stack._create_output_map()
        if is_import:
            stack.events[-1].resource_status = stack.status = "IMPORT_COMPLETE"

    setattr(CloudFormationBackend, "execute_change_set", executed)  # noqa: B010  # as above


@contextmanager
def _as_it_is() -> Iterator[None]:
    yield


@contextmanager
def _importing() -> Iterator[None]:
    plain = Table.__dict__["create_from_cloudformation_json"]

    def found(_: Any, resource_name: str, __: Any, account_id: str, region_name: str, /, **___: Any) -> Any:
        return dynamodb_backends[account_id][region_name].tables[resource_name]

    setattr(Table, "create_from_cloudformation_json", classmethod(found))  # noqa: B010  # as above
    try:
        yield
    finally:
        setattr(Table, "create_from_cloudformation_json", plain)  # noqa: B010  # as above


def _let_tls_in() -> None:
    """moto minds no conditions: to it, whoever denies requests without TLS denies everything."""
    permitted = IAMPolicyStatement.is_action_permitted

    def judged(self: Any, *arguments: Any, **more: Any) -> Any:
        from moto.iam.access_control import PermissionResult

        if "aws:SecureTransport" in str(self._statement.get("Condition")):
            return PermissionResult.NEUTRAL
        return permitted(self, *arguments, **more)

    setattr(IAMPolicyStatement, "is_action_permitted", judged)  # noqa: B010  # as above
