"""Keys and secrets of workspaces, sealed: how they are called, sealed, and published to workers.

names      what one is called, and whose it is
sealer     seals a value for its name, and opens it again
published  what stands in the store that workers read
"""
