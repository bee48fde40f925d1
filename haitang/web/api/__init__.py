"""The API as a whole: addresses, log-in, errors in one shape, the OpenAPI description."""
