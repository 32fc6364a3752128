"""What every call shares: identities, parameters, bodies, problems."""
