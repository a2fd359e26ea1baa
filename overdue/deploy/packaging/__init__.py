"""Build the deployment package and its template."""
