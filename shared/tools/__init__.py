"""What a tool is: a name, a description, what it takes, how it is called, and what if it is lost.

    tool        the definition, which cannot be made invalid
    schema      JSON Schemas of what a tool takes
    templates   the places of a call that arguments are filled into
    headers     which headers a call may have
    pointer     the place of a result in a JSON answer

The api checks what is saved by it, and workers call by it.
"""

from shared.tools.tool import HttpCall, HttpTool, Policy, SecretHeader

__all__ = ["HttpCall", "HttpTool", "Policy", "SecretHeader"]
