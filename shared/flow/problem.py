"""What is wrong with a drawn flow, as values that name their nodes.

code             | the flow ...
-----------------|--------------------------------------------------------------------------
bad_shape        | has a field of the wrong type or out of bounds (path, expected, came)
bad_text         | has NUL or a lone surrogate in a text
too_large        | has more nodes, edges, placeholders or characters of expressions than a flow
                 | may have, or a step or a result that names more texts than a fact can
empty            | has no node that does anything
duplicate_node   | uses a node id twice
dangling_edge    | has an edge from or to a node that is not there
self_loop        | has an edge from a node to itself
cycle            | has steps that wait for each other
unknown_type     | has a connected node of a type nobody executes
unknown_handle   | has an edge leaving a branching node by a handle it does not have
duplicate_handle | has a condition with two branches of one name
decoration_path  | leads a path through a note or a group, which pass nothing on
missing_agent    | has an agent node that names no agent and has no instructions
unknown_provider | has an agent with a model of a provider that nobody knows here
unsupported_tool | has an agent with a tool of the provider's that its model's does not have
bad_schema       | has an agent whose output_schema is no JSON Schema, or one that is too large
bad_fallbacks    | has an agent whose fallbacks are too many, the same twice, or no names
unknown_tool     | has an agent that asks for a tool nobody runs
bad_tool         | has an agent with a tool whose definition is none, or with too many tools
duplicate_tool   | has an agent with two tools of one name
bad_domain       | has an agent whose allowed_domains are none
unsupported_thinking | has an agent whose model does not think in the way asked for
thinking_always_on | has an agent without thinking whose model always thinks
unsupported_effort | has an agent whose model does not have the effort asked for
max_tokens_too_large | has an agent whose max_tokens are over its model's longest answer
budget_too_large | has an agent whose thinking may use up its max_tokens
unknown_pool     | wants a pool that nobody works for
unreachable_output | has an output node that no edge enters
bad_expression   | has a condition without branches, or with one that is no usable expression
missing_template | has a template node, or a merge by template, without its template
bad_template     | has a placeholder that can never be filled
unknown_node     | has a template or an expression that names a node which is no step
not_upstream     | has a template or an expression that names a step which may not have finished
not_json         | reads JSON of a step whose output need not be any
unknown_path     | reads a path of JSON that no answer has which fits the schema
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to change: a stable `code`, a sentence, and the ids of the nodes concerned."""

    code: str
    message: str
    nodes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Invalid:
    """The answer for a drawing that is not a flow: all its problems, at least one."""

    problems: tuple[Problem, ...]
