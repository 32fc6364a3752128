"""Keys of model providers and secrets of workspaces: set, shown masked, sealed anew.

credential_table  the sealed rows, each change with its record
publishing        rows into the store that workers read, whoever was away
known_keys        whether a run has a key, here or by its workers' environment
probe             whether a provider takes a key
"""

from services.api.keys import provider_keys, rotation, secrets

CALLS = (*provider_keys.CALLS, *secrets.CALLS, *rotation.CALLS)
