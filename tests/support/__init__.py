"""What the integration tests stand on: databases, an APM server, traced programs, an HTTP client."""
