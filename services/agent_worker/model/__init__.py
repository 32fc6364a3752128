"""The model call: the provider's stream read raw, every way it can break named in one table."""
