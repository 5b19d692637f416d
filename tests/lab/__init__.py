"""A real Asterisk for tests, with SIP phones and a provider played by Python."""
