"""Whether a step's provider would take it now: what would surely be refused is not begun."""

from services.agent_worker.kinds.kind import Equipment
from services.agent_worker.limits import ProviderLimited
from services.agent_worker.model.fitting import model_of
from shared.errors import AttemptFailed
from shared.flow import AgentWork, Step
from shared.run.facts import StepReady


async def require_allowed(step: Step, ready: StepReady, equipment: Equipment) -> None:
    """The step may be begun, as far as is known. Raises: ProviderLimited, Unavailable, Corrupt."""
    if not isinstance(step.work, AgentWork):
        return
    asked = model_of(ready, step.work, equipment.default_model)
    try:
        key = await equipment.keys.key_of(ready.workspace, asked.provider)
        provider = equipment.providers.of(asked.provider).with_key(key)
    except AttemptFailed:
        return  # the step itself says so
    seconds = provider.refused_seconds(asked.model)
    if seconds > 0:
        raise ProviderLimited(asked.provider, asked.model, seconds)
