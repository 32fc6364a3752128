"""Whether a step's provider would take it now: what would surely be refused is not begun."""

from services.agent_worker.kinds.kind import Equipment
from services.agent_worker.limits import ProviderLimited
from shared.errors import AttemptFailed
from shared.flow import AgentWork, Step


async def require_allowed(step: Step, workspace: str, equipment: Equipment) -> None:
    """The step may be begun, as far as is known. Raises: ProviderLimited, Unavailable, Corrupt."""
    if not isinstance(step.work, AgentWork):
        return
    try:
        key = await equipment.keys.key_of(workspace)
    except AttemptFailed:
        return  # the step itself says so
    model, provider = step.work.model or equipment.default_model, equipment.provider
    seconds = 0.0 if key is None else provider.with_key(key).refused_seconds(model)
    if seconds > 0:
        raise ProviderLimited(provider.name, model, seconds)
