"""Why a run is parked and what to do about it, in words for whoever looks after a Penstock."""

from __future__ import annotations

from services.api.admin.parked_models import Service
from shared.log.parked import Look, ParkedRun
from shared.run.wire import UnknownFact

_MEANWHILE = {
    "scheduler": "Meanwhile nothing happens in the run",
    "projector": "Meanwhile lists show the run as it was before",
}


def explain_parked(service: Service, instance: str | None, parked: ParkedRun) -> str:
    """Which fact is not understood by whom, what that means, and what may be done."""
    who, meanwhile = _name(service, instance), _MEANWHILE[service]
    if parked.code == UnknownFact.code and parked.sequence is not None:
        advice = f"update the {service} and release the run, or end it."
        return f"{who} does not understand {_fact(parked)}. {meanwhile}: {advice}"
    if parked.code == "fact_refused":
        advice = "report it with its reason; once that is repaired, release the run, or end it."
        return f"{who} understands {_known(parked)}, and Postgres refuses it. {meanwhile}: {advice}"
    advice = "repair what is stored and release the run, or end it."
    return f"{who} found stored data that contradicts itself. {meanwhile}: {advice}"


def explain_look(service: Service, look: Look | None) -> str:
    """What came of another look at a run."""
    if look is None:
        return f"No {service} answered for the partition of the run: see that one is running."
    who = _name(service, look.instance)
    if look.parked is not None:
        return explain_parked(service, look.instance, look.parked)
    if look.outcome == "released":
        goes_on = "goes on" if service == "scheduler" else "is shown as it is now"
        return f"{who} understands the run, which {goes_on}."
    return f"{who} has not parked the run."


def _name(service: Service, instance: str | None) -> str:
    return f"The {service} {instance}" if instance else f"The {service}"


def _known(parked: ParkedRun) -> str:
    return f"fact {parked.sequence} of this run (`{parked.type}`, version {parked.version})"


def _fact(parked: ParkedRun) -> str:
    fact = f"fact {parked.sequence} of this run"
    if parked.type is None:
        return f"{fact}, which does not say what it is: something that is not Penstock wrote it"
    version = "no version" if parked.version is None else f"version {parked.version}"
    return (
        f"{fact}, which says that it is `{parked.type}`, {version}: a newer Penstock wrote it, or "
        "something that is not Penstock"
    )
