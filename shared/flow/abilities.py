"""What agents ask of their models, against what is known that these can do.

What is not known forbids nothing: it is tried.
"""

from collections.abc import Iterator

from shared.flow.defaults import Models
from shared.flow.graph import Graph
from shared.flow.json_value import quoted
from shared.flow.problem import Problem
from shared.flow.work import AgentWork, ThinkingBudget
from shared.models import Capabilities, Effort, Thinking, default_max_tokens


def unable_models(graph: Graph, models: Models | None) -> Iterator[Problem]:
    """Agents whose model cannot do what they ask; None are judged without `models`."""
    if models is None:
        return
    for node in graph.nodes:
        if not isinstance(node.work, AgentWork):
            continue
        known = models(node.work.model) if node.work.model else None
        for code, complaint in complaints_of(node.work, known):
            yield Problem(code, f"node {quoted(node.id)}: {complaint}", (node.id,))


def complaints_of(work: AgentWork, known: Capabilities | None) -> Iterator[tuple[str, str]]:
    """What of the work the model is known not to do: codes, and sentences."""
    most = work.max_tokens or default_max_tokens(known)
    if isinstance(work.thinking, ThinkingBudget) and work.thinking.budget_tokens >= most:
        yield (
            "budget_too_large",
            f"expected budget_tokens below max_tokens ({most:,}), which thinking counts towards, "
            f"got {work.thinking.budget_tokens:,}",
        )
    if known is None:
        return
    if known.output_tokens is not None and most > known.output_tokens:
        yield (
            "max_tokens_too_large",
            f"expected max_tokens of at most {known.output_tokens:,}, the longest answer of "
            f"{known.model}, got {most:,}",
        )
    if known.thinking is not None:
        yield from _of_thinking(work, known, known.thinking)
    if work.effort is not None and known.efforts is not None and work.effort not in known.efforts:
        has = f"one of the efforts {_listed(known.efforts)}" if known.efforts else "no effort"
        message = f"expected {has}, which is what {known.model} has, got {work.effort}"
        yield "unsupported_effort", message


def _of_thinking(work: AgentWork, known: Capabilities, can: Thinking) -> Iterator[tuple[str, str]]:
    if work.thinking is None:
        return
    if work.thinking == "off":
        effort = work.effort or known.default_effort
        if can.off == "never":
            message = f"expected thinking to be left on, which {known.model} always does, got off"
            yield "thinking_always_on", message
        elif effort and can.off_efforts is not None and effort not in can.off_efforts:
            message = (
                f"expected one of the efforts {_listed(can.off_efforts)} while thinking is off, "
                f"which is what {known.model} has, got {effort}"
            )
            yield "unsupported_effort", message
        return
    kind = "adaptive" if work.thinking == "adaptive" else "budget"
    if kind not in can.kinds:
        words = {"adaptive": "adaptive", "budget": "a budget"}
        has = next((words[other] for other in can.kinds), "off")
        yield (
            "unsupported_thinking",
            f"expected thinking of a kind that {known.model} has ({has}), got {words[kind]}",
        )


def _listed(efforts: tuple[Effort, ...]) -> str:
    return ", ".join(efforts)
