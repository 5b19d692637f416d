"""The REST API at /api/v1: what the pages show and do, for programs that come with a token."""
