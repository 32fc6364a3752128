"""The kinds of step a worker executes, one module each."""

from collections.abc import Mapping

from services.agent_worker.kinds import agent, condition, merge, template
from services.agent_worker.kinds.kind import Execute

KINDS: Mapping[str, Execute] = {
    "agent": agent.execute,
    "condition": condition.execute,
    "merge": merge.execute,
    "template": template.execute,
}
