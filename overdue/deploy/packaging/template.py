"""The stack as CloudFormation reads it: what Chalice makes of `app.py`, and `infra/`, without any Transform.

Start at `plain`. Chalice's REST API is taken out (the HTTP API of `infra/template.yaml` stands in its place), the code
is in the artifact bucket, and samtranslator writes out what AWS would otherwise expand.
"""

import json
from pathlib import Path
from typing import Any

from boto3 import Session
from chalice.package import YAMLTemplateSerializer
from samtranslator.model.exceptions import InvalidDocumentException
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

from chalicelib.domain.errors import OverdueError

REST_API = ("RestAPI", "APIHandlerInvokePermission")
REST_OUTPUTS = ("EndpointURL", "RestAPIId", "APIHandlerName", "APIHandlerArn")

Template = dict[str, Any]


def plain(merged: Path, policies: Path) -> Template:
    """Chalice's merged template (YAML) as plain CloudFormation. Half a second. Raises OverdueError with the faults."""
    template = load(merged)
    for name in REST_API:
        del template["Resources"][name]
    for name in REST_OUTPUTS:
        template["Outputs"].pop(name, None)
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            _place(resource["Properties"])
    _complete_notifier(template["Resources"], policies)
    return _expanded(template)


def load(path: Path) -> Template:
    """A template in YAML, with its short forms (`!Ref`, `!Sub`) written out."""
    loaded: Template = YAMLTemplateSerializer().load_template(path.read_text(encoding="utf-8"), path.name)
    return loaded


def _place(function: dict[str, Any]) -> None:
    """Where the code is; and no tag of Chalice's, which would name a stage of its own."""
    function["CodeUri"] = {"Bucket": {"Ref": "ArtifactBucket"}, "Key": {"Ref": "FunctionsKey"}}
    del function["Tags"]


def _complete_notifier(resources: dict[str, Any], policies: Path) -> None:
    """Chalice knows nothing of this function: it runs as the others do, with its own policy."""
    others = resources["APIHandler"]["Properties"]
    resources["Notifier"]["Properties"] |= {name: others[name] for name in ("Runtime", "Architectures")}
    policy = json.loads((policies / "notifier.json").read_text(encoding="utf-8"))
    resources["NotifierRole"]["Properties"]["Policies"] = [{"PolicyName": "Notifier", "PolicyDocument": policy}]


def _expanded(template: Template) -> Template:
    # samtranslator 1.115 would write a parameter's default wherever a function refers to it, and its own region: the
    # one is kept from it, the other resolves to itself. It insists on a region all the same.
    parameters = template.pop("Parameters")
    themselves = {name: {"Ref": name} for name in ("AWS::Region", "AWS::Partition")}
    try:
        translator = Translator(None, Parser(), boto_session=Session(region_name="us-east-1"))
        expanded: Template = translator.translate(template, themselves)
    except InvalidDocumentException as error:
        raise OverdueError(f"infra/template.yaml cannot be expanded: {error.message}") from error
    expanded.pop("Transform", None)
    return expanded | {"Parameters": parameters}
