"""Turn Chalice's template for `app.py`, merged with `infra/`, into plain CloudFormation without transforms.

Start at `plain`. Chalice's REST API is removed (`infra/template.yaml` has an HTTP API instead), the functions load
their code from the artifact bucket, and samtranslator expands locally what AWS would expand otherwise.
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
    """Chalice's merged template (YAML) as plain CloudFormation. Takes 0.5 s. Raises OverdueError if it is invalid."""
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
    """Load a YAML template, with its short forms (`!Ref`, `!Sub`) written out."""
    loaded: Template = YAMLTemplateSerializer().load_template(path.read_text(encoding="utf-8"), path.name)
    return loaded


def _place(function: dict[str, Any]) -> None:
    """Point a function to its code in the artifact bucket, and drop Chalice's tag with its own stage name."""
    function["CodeUri"] = {"Bucket": {"Ref": "ArtifactBucket"}, "Key": {"Ref": "FunctionsKey"}}
    del function["Tags"]


def _complete_notifier(resources: dict[str, Any], policies: Path) -> None:
    """Complete the notifier, which Chalice does not know: the runtime of the other functions, and its own policy."""
    others = resources["APIHandler"]["Properties"]
    resources["Notifier"]["Properties"] |= {name: others[name] for name in ("Runtime", "Architectures")}
    policy = json.loads((policies / "notifier.json").read_text(encoding="utf-8"))
    resources["NotifierRole"]["Properties"]["Policies"] = [{"PolicyName": "Notifier", "PolicyDocument": policy}]


def _expanded(template: Template) -> Template:
    """Expand the SAM resources."""
    # samtranslator 1.115 replaces a function's reference to a parameter by its default, and AWS::Region by its own
    # region. So the parameters are hidden from it, and the region resolves to a reference. It requires a region anyway.
    parameters = template.pop("Parameters")
    references = {name: {"Ref": name} for name in ("AWS::Region", "AWS::Partition")}
    try:
        translator = Translator(None, Parser(), boto_session=Session(region_name="us-east-1"))
        expanded: Template = translator.translate(template, references)
    except InvalidDocumentException as error:
        raise OverdueError(f"infra/template.yaml cannot be expanded: {error.message}") from error
    expanded.pop("Transform", None)
    return expanded | {"Parameters": parameters}
