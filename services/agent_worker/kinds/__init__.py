"""The kinds of step a worker executes, one module each."""

from collections.abc import Mapping

from services.agent_worker.kinds import agent, condition, merge, template
from services.agent_worker.kinds.kind import Kind

KINDS: Mapping[str, Kind] = {
    "agent": Kind(agent.execute, is_quick=False),
    "condition": Kind(condition.execute, is_quick=False),
    "merge": Kind(merge.execute, is_quick=True),
    "template": Kind(template.execute, is_quick=True),
}
