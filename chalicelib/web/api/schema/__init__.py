"""The shape of the Management API's requests and answers, and its OpenAPI document."""
