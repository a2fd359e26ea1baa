"""From an AWS account to a running stage and back: package, artifact bucket, stack, what comes after.

Start at `deployment`, which is the order of it all. What a deployment consists of stands in `infra/template.yaml`.
"""
