"""A workspace's keys of model providers and its secrets, and the models there are.

credential_table  the sealed rows, each change with its record
publishing        rows into the store that workers read, whoever was away
known_keys        whether a run has a key, here or by its workers' environment
probe             whether a provider takes a key
catalogue         models, what they can do and cost, and who answers in their place
"""

from services.api.keys import catalogue, provider_keys, rotation, secrets

CALLS = (*catalogue.CALLS, *provider_keys.CALLS, *secrets.CALLS, *rotation.CALLS)
