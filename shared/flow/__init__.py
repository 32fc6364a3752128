"""Flows: what a person draws, read into steps in order, or all that is wrong with the drawing.

    drawn JSON --inline_agents, inline_tools, with_defaults--> self-contained JSON
    self-contained JSON --parse--> Flow | Invalid

Pure: no I/O, no clock, no randomness.
"""

from shared.flow.agents import inline_agents
from shared.flow.defaults import Models, Offer, with_defaults, without_defaults
from shared.flow.flow import Edge, Flow, Step
from shared.flow.json_value import JSON
from shared.flow.parse import parse
from shared.flow.problem import Invalid, Problem
from shared.flow.references import is_filled_with_input, variables_in
from shared.flow.template import RenderProblem, instructions_with, render
from shared.flow.tool_names import inline_tools, tool_names
from shared.flow.version import content, version_of
from shared.flow.warnings import model_warnings_of, warnings_of
from shared.flow.work import (
    QUICK_KINDS,
    AgentWork,
    ApprovalWork,
    Branch,
    ConditionWork,
    InputWork,
    Kind,
    MergeWork,
    OutputWork,
    RetryPolicy,
    TemplateWork,
    ThinkingBudget,
    Work,
)

__all__ = [
    "JSON",
    "QUICK_KINDS",
    "AgentWork",
    "ApprovalWork",
    "Branch",
    "ConditionWork",
    "Edge",
    "Flow",
    "InputWork",
    "Invalid",
    "Kind",
    "MergeWork",
    "Models",
    "Offer",
    "OutputWork",
    "Problem",
    "RenderProblem",
    "RetryPolicy",
    "Step",
    "TemplateWork",
    "ThinkingBudget",
    "Work",
    "content",
    "inline_agents",
    "inline_tools",
    "instructions_with",
    "is_filled_with_input",
    "model_warnings_of",
    "parse",
    "render",
    "tool_names",
    "variables_in",
    "version_of",
    "warnings_of",
    "with_defaults",
    "without_defaults",
]
