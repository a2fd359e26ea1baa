"""Build the deployment package and its CloudFormation template. Start at `package`."""
