"""Flows: what a person draws, read into steps in order, or all that is wrong with the drawing.

    drawn JSON --inline_agents--> self-contained JSON --parse--> Flow | Invalid

Pure: no I/O, no clock, no randomness.
"""

from shared.flow.agents import inline_agents
from shared.flow.flow import Edge, Flow, Step
from shared.flow.json_value import JSON
from shared.flow.parse import parse
from shared.flow.problem import Invalid, Problem
from shared.flow.template import RenderProblem, instructions_with, render
from shared.flow.version import content, version_of
from shared.flow.warnings import warnings_of
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
    "OutputWork",
    "Problem",
    "RenderProblem",
    "RetryPolicy",
    "Step",
    "TemplateWork",
    "Work",
    "content",
    "inline_agents",
    "instructions_with",
    "parse",
    "render",
    "version_of",
    "warnings_of",
]
