"""The tools that a worker calls itself.

    callers      how tools of each kind are called, made ready first
    arguments    whether arguments fit the tool
    result       what every call ends in: a text for the model, or why there is none
    requests     a definition and arguments into one call to the outside
    redaction    what is secret taken out of what came
    answers      what came into a result
    http         the call of a tool of kind `http`
    mcp          what an MCP server lists, and the call of one of its tools
    nats         the call of a tool of kind `nats`
    replies      what a program of a user answered, into a result
    occasion     for whom a tool is called

A call never raises but when it is cancelled: whatever happens is something to tell the model.
"""
