"""Deploy a stage to an AWS account and remove it again: package, artifact bucket, stack, first keys.

Start at `deployment`, which has the order of the steps. `infra/template.yaml` lists the resources of a stage.
"""
