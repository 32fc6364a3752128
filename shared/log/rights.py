"""Who may do what on NATS, as data: a role a service. `accounts` makes a configuration of it.

A role lives in an account of its own and reaches the log's account by imports alone, so whatever it
names as the reply subject of a request, the answer stays in its account. Of the running services
only the provisioner may create consumers, by names that are listed: whoever may, directs deliveries
anywhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product
from typing import Any, get_args

from shared.log import declared
from shared.log.queues import EVERY_QUEUE, LIMITED_QUEUES
from shared.log.role import LOG_ACCOUNT, Role, account_of
from shared.log.subjects import (
    CANCEL,
    EVERY_ALIVE,
    EVERY_LIVE,
    EVERY_READERS,
    EVERY_TOOL,
    EVERY_TOOL_ANSWER,
    SCHEDULED,
    STOPPING,
    WAKE_PROVISIONER,
    WORKER_ERRAND,
    AnyFact,
    live_filter,
    live_workspace,
    parked_question,
    presence_of,
    subject_of,
    tool_answer,
    tool_call,
)
from shared.run import facts as f
from shared.run.meaning import MEANING

FACTS: tuple[type[AnyFact], ...] = (*get_args(f.Lifecycle), *get_args(f.Stream))
MOST_PARTITIONS = 64
POOLS = ("default", "local")
LISTENER = "watcher"
PARKING = ("scheduler", "projector")

_RUNS, _TIMERS = declared.RUNS, declared.TIMERS
_API = "$JS.API"
_CREDENTIALS = declared.STREAM_OF[declared.CREDENTIALS]
_QUEUES = declared.STREAM_OF[declared.QUEUES]


BACKUP = "backup"
"""Who saves and restores streams: `migrate` by another name, in the log's account, for pieces of a
stream that is restored do not pass from one account to another."""
BACKUP_PUBLISHES = (
    *(f"{_API}.STREAM.{verb}.*" for verb in ("INFO", "SNAPSHOT", "RESTORE", "DELETE")),
    "$JS.SNAPSHOT.>",
)
BACKUP_HEARS = (f"_INBOX_{BACKUP}.>", f"{BACKUP}.>")


def roles(
    partitions: int = MOST_PARTITIONS, pools: Iterable[str] = POOLS, external: Iterable[str] = ()
) -> tuple[Role, ...]:
    """All of an installation. `external` are consumers that the listener may work off."""
    return (
        _migrate(),
        _api(),
        _scheduler(partitions),
        _agent_worker(pools),
        _projector(partitions),
        _provisioner(pools),
        listener(LISTENER, EVERY_LIVE, external),
    )


def workspace_listener(name: str, workspace: str, external: Iterable[str] = ()) -> Role:
    """A user of another program, for one workspace."""
    return listener(name, live_workspace(workspace), external)


def listener(name: str, live: str, external: Iterable[str] = ()) -> Role:
    """Who hears what happens, and may work off consumers that an operator made."""
    pulled = tuple(external)
    return Role(
        name=name,
        stores=tuple(_ack(_RUNS, consumer) for consumer in pulled),
        asks=tuple(s for consumer in pulled for s in _pulls(_RUNS, consumer)),
        hears=((LOG_ACCOUNT, live),),
        inboxes=("_INBOX.>",) if pulled else (),
    )


def tool_server(name: str, workspace: str) -> Role:
    """Who carries out calls of one workspace's tools, and may do nothing else.

    It hears them, and answers where the worker hears answers to that workspace. An answer to what
    it was not asked reaches nobody: a worker hears a call's own subject for as long as it waits.
    """
    worker = account_of("agent-worker")
    return Role(
        name=name,
        hears=((worker, tool_call(workspace)),),
        returns=((worker, tool_answer(workspace)),),
    )


def _migrate() -> Role:
    return Role(
        name="migrate",
        stores=("$KV.>", "$O.>"),
        asks=(f"{_API}.>",),
        inboxes=_inboxes("migrate"),
    )


_MEASURED = (
    declared.TIMERS,
    declared.STREAM_OF[declared.IDEMPOTENCY],
    _CREDENTIALS,
    _QUEUES,
)


def _api() -> Role:
    return Role(
        name="api",
        stores=(
            *_facts("api"),
            *(f"$KV.{declared.IDEMPOTENCY}.>", f"$KV.{declared.CREDENTIALS}.>"),
            *(f"$O.{declared.FLOWS}.>", f"$O.{declared.BLOBS}.>"),
        ),
        asks=(
            *_reads(_RUNS),
            f"{_API}.STREAM.MSG.GET.KV_{declared.IDEMPOTENCY}",
            f"{_API}.STREAM.MSG.GET.{_CREDENTIALS}",
            f"{_API}.DIRECT.GET.{_QUEUES}",
            f"{_API}.CONSUMER.INFO.{_RUNS}.*",  # how much waits
            *(f"{_API}.STREAM.INFO.{stream}" for stream in _MEASURED),  # how full they are
            *_writes_bodies(declared.FLOWS),
            *_writes_bodies(declared.BLOBS),
        ),
        hears=(
            (LOG_ACCOUNT, EVERY_LIVE),
            (LOG_ACCOUNT, declared.LEADER_ELECTED),
            (account_of("scheduler"), presence_of("scheduler")),
            (account_of("agent-worker"), presence_of("agent-worker")),
        ),
        tells=(WAKE_PROVISIONER,),
        within=(EVERY_READERS,),
        questions=(
            *((account_of(each), parked_question(each)) for each in ("scheduler", "projector")),
            (account_of("agent-worker"), WORKER_ERRAND),
        ),
        inboxes=_inboxes("api"),
    )


def _scheduler(partitions: int) -> Role:
    owned = [declared.scheduler_consumer(number) for number in range(partitions)]
    return Role(
        name="scheduler",
        stores=(
            *_facts("scheduler", "timer"),  # it records what a timer says
            SCHEDULED,
            *(_ack(_RUNS, consumer) for consumer in owned),
            _ack(_TIMERS, declared.FIRINGS),
        ),
        asks=(
            *_reads(_RUNS),
            f"{_API}.CONSUMER.INFO.{_RUNS}.*",
            *(f"{_API}.CONSUMER.MSG.NEXT.{_RUNS}.{consumer}" for consumer in owned),
            *(f"{_API}.CONSUMER.UNPIN.{_RUNS}.{consumer}" for consumer in owned),
            *_pulls(_TIMERS, declared.FIRINGS),
            f"{_API}.STREAM.PURGE.{_TIMERS}",  # a timer that is cancelled
            *_reads(f"OBJ_{declared.FLOWS}"),
            *_reads(f"OBJ_{declared.BLOBS}"),  # the lists of what forks keep
        ),
        tells=(presence_of("scheduler"),),
        answers=(parked_question("scheduler"),),
        inboxes=_inboxes("scheduler"),
    )


def _agent_worker(pools: Iterable[str]) -> Role:
    queues = [declared.work_consumer(*each) for each in product(pools, EVERY_QUEUE)]
    return Role(
        name="agent-worker",
        stores=(
            *_facts("worker"),
            f"$O.{declared.BLOBS}.>",
            *(_ack(_RUNS, queue) for queue in queues),
        ),
        asks=(
            *_reads(_RUNS),
            *(subject for queue in queues for subject in _pulls(_RUNS, queue)),
            *_reads(f"OBJ_{declared.FLOWS}"),
            *_writes_bodies(declared.BLOBS),
            f"{_API}.DIRECT.GET.{_CREDENTIALS}",  # what it unseals, to call models with
            f"{_API}.DIRECT.GET.{_QUEUES}",  # which queues of limited steps there are
        ),
        hears=(
            *((LOG_ACCOUNT, live_filter("*", rest=rest)) for rest in (CANCEL, STOPPING)),
            (LOG_ACCOUNT, declared.LEADER_ELECTED),
        ),
        tells=(presence_of("agent-worker"),),
        within=(EVERY_ALIVE,),
        answers=(WORKER_ERRAND,),
        replies=2,  # that it is taken, and what came of it
        reply_seconds=90,
        inboxes=_inboxes("agent-worker"),
        calls=(EVERY_TOOL,),
        collects=(EVERY_TOOL_ANSWER,),
    )


def _projector(partitions: int) -> Role:
    copied = [declared.projector_consumer(number) for number in range(partitions)]
    return Role(
        name="projector",
        stores=(f"$O.{declared.BLOBS}.M.*",),
        asks=(
            *_reads(_RUNS),
            f"{_API}.STREAM.MSG.DELETE.{_RUNS}",  # finished runs leave the log
            f"{_API}.CONSUMER.INFO.{_RUNS}.*",
            *(f"{_API}.CONSUMER.MSG.NEXT.{_RUNS}.{consumer}" for consumer in copied),
            *(f"{_API}.CONSUMER.RESET.{_RUNS}.{consumer}" for consumer in copied),
            *_writes_bodies(declared.BLOBS),
            *_reads(f"OBJ_{declared.FLOWS}"),
        ),
        answers=(parked_question("projector"),),
        inboxes=(*_inboxes("projector"), *_inboxes("rebuild")),
    )


def _provisioner(pools: Iterable[str]) -> Role:
    queues = [declared.work_consumer(*each) for each in product(pools, LIMITED_QUEUES)]
    verbs = ("CREATE", "DELETE")
    return Role(
        name="provisioner",
        stores=(f"$KV.{declared.QUEUES}.>",),
        asks=(
            *_reads(_RUNS),
            f"{_API}.DIRECT.GET.{_QUEUES}",
            f"{_API}.CONSUMER.LIST.{_RUNS}",
            *(f"{_API}.CONSUMER.{verb}.{_RUNS}.{each}" for each in queues for verb in verbs),
        ),
        hears=((account_of("api"), WAKE_PROVISIONER),),
        inboxes=_inboxes("provisioner"),
    )


_NUMBERS = (
    *("partition", "run", "step", "attempt", "execution", "turn", "index"),
    *("pool", "queue", "purpose"),
)


def filter_of(kind: type[AnyFact], workspace: str = "*") -> str:
    """The filter of all facts of a class, and of those that share its subjects."""
    every: dict[str, Any] = dict.fromkeys(_NUMBERS, "*")
    return subject_of(kind.model_construct(workspace=workspace, **every))


def _facts(*writers: str) -> tuple[str, ...]:
    """The filters of the facts that these write, as the table of facts says."""
    kinds = (kind for kind in FACTS if {*MEANING[kind].writer.split(", ")} & {*writers})
    return tuple(dict.fromkeys(map(filter_of, kinds)))


def _inboxes(name: str) -> tuple[str, ...]:
    return (f"_INBOX_{name}.>",)


def _reads(stream: str) -> tuple[str, ...]:
    return (
        f"{_API}.STREAM.INFO.{stream}",
        f"{_API}.DIRECT.GET.{stream}",
        f"{_API}.STREAM.MSG.GET.{stream}",
    )


def _writes_bodies(bucket: str) -> tuple[str, ...]:
    return (*_reads(f"OBJ_{bucket}"), f"{_API}.STREAM.PURGE.OBJ_{bucket}")


def _pulls(stream: str, consumer: str) -> tuple[str, ...]:
    return (
        f"{_API}.CONSUMER.INFO.{stream}.{consumer}",
        f"{_API}.CONSUMER.MSG.NEXT.{stream}.{consumer}",
    )


def _ack(stream: str, consumer: str) -> str:
    return f"$JS.ACK.{stream}.{consumer}.>"
