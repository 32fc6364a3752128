"""The models an agent names: the first, and those that are asked when it is not to be had."""

from collections import Counter
from collections.abc import Iterator, Mapping

from shared.flow.defaults import Offer
from shared.flow.graph import Graph, Node
from shared.flow.json_value import quoted
from shared.flow.problem import Problem
from shared.flow.work import AgentWork
from shared.models import named

MOST_FALLBACKS = 8
LONGEST_MODEL_NAME = 1_000


def bad_models(graph: Graph, offer: Offer | None, *, is_stored: bool) -> Iterator[Problem]:
    """Models of providers nobody knows, if it is given who is known, and chains that are none.

    Those of a flow that `is_stored` were judged when it was.
    """
    providers = offer.providers if offer else None
    for node in () if is_stored else graph.nodes:
        if isinstance(node.work, AgentWork):
            yield from _in_chain(node, node.work)
            if providers is not None:
                yield from _unknown_providers(node, node.work, providers)


def _in_chain(node: Node, work: AgentWork) -> Iterator[Problem]:
    where, chain = f"node {quoted(node.id)}", (work.model, *work.fallbacks)
    if len(work.fallbacks) > MOST_FALLBACKS:
        found = f"came {len(work.fallbacks):,}"
        yield _bad(node, f"{where}: expected at most {MOST_FALLBACKS} fallbacks, {found}")
    for name, count in Counter(chain).items():
        if count > 1 and name is not None:
            yield _bad(
                node, f"{where}: expected each model once, came {quoted(name)} {count} times"
            )
    for name in dict.fromkeys(work.fallbacks):
        if not name.strip() or len(name) > LONGEST_MODEL_NAME:
            yield _bad(node, f"{where}: expected the name of a model, came {quoted(name)}")


def _unknown_providers(
    node: Node, work: AgentWork, providers: Mapping[str, str]
) -> Iterator[Problem]:
    for name in dict.fromkeys((work.model, *work.fallbacks)):
        if not name:
            continue
        provider, model = named(name)
        if provider not in providers or not model:
            message = (
                f"node {quoted(node.id)}: expected a model of Anthropic or PROVIDER/MODEL with one "
                f"of the providers {', '.join(providers)}, came {quoted(name)}"
            )
            yield Problem("unknown_provider", message, (node.id,))
        elif work.provider_tools and providers[provider] != "anthropic":
            message = (
                f"node {quoted(node.id)}: expected a model whose provider runs "
                f"{' and '.join(work.provider_tools)}, came {quoted(name)}, whose does not"
            )
            yield Problem("unsupported_tool", message, (node.id,))


def _bad(node: Node, message: str) -> Problem:
    return Problem("bad_fallbacks", message, (node.id,))
