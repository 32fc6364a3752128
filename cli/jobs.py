"""Jobs on the terminal: many runs stopped or run again, followed as they go on."""

from __future__ import annotations

from contextlib import aclosing
from typing import Literal

from penstock_client import Job, Penstock
from penstock_client.jobs import Jobs

from cli.outcome import CommandError, ExitCode
from cli.printing import one_line, put, say, words_of
from cli.program import program
from cli.run_filter import chosen_runs
from cli.session import Session
from cli.tables import Cell, Column, print_all, status_text
from cli.times import age
from cli.which import Kind, is_whole, the_only

_COLUMNS = (
    Column("job"),
    Column("kind"),
    Column("status"),
    Column("progress", right=True),
    Column("age", right=True),
    Column("", flexible=True),
)
_DONE = {"cancel": "asked to stop", "retry": "run again"}
_CODES = {"done": ExitCode.DONE, "cancelled": ExitCode.CANCELLED}


async def begin(
    session: Session, kind: Literal["cancel", "retry"], *, is_one: bool, follow: bool, as_json: bool
) -> ExitCode:
    """Begins a job about the runs that the options mean, and follows it to its end.

    Raises: CommandError, where one run is named too.
    """
    if is_one:
        raise CommandError("expected one run or --all, came both.")
    async with session.client() as client:
        wanted: dict[str, object] = {
            name: value for name, value in (await chosen_runs(client)).items() if value
        }
        if isinstance(status := wanted.get("status"), str):
            wanted["status"] = status.split(",")
        wanted.pop("order", None)
        job = await client.jobs.begin(kind, wanted)
        put(job.model_dump_json() if as_json else job.id)
        hint = f"See: {program()} jobs show {job.id}; end it: {program()} jobs cancel {job.id}"
        if not follow:
            say(f"{job.total:,} runs are meant. {hint}")
            return ExitCode.DONE
        session.farewell.append(f"The job goes on. {hint}")
        return await _follow(client.jobs, job.id)


async def list_jobs(session: Session, *, as_json: bool) -> ExitCode:
    """Prints all jobs of the workspace, newest first."""
    nothing = f"No jobs yet. One begins with: {program()} retry --all --since 1d"
    async with session.client() as client:
        return await print_all(_COLUMNS, client.jobs.list(), _row, nothing, as_json=as_json)


async def show_job(session: Session, *, given: str, follow: bool, as_json: bool) -> ExitCode:
    """Prints how far a job is, or follows it to its end. Raises: CommandError."""
    async with session.client() as client:
        job = await _which(client, given)
        if follow:
            session.farewell.append("The job goes on.")
            return await _follow(client.jobs, job.id)
    put(job.model_dump_json() if as_json else f"{job.status}: {progress_of(job)}")
    return ExitCode.DONE


async def cancel_job(session: Session, *, given: str) -> ExitCode:
    """Ends a job. Raises: CommandError."""
    async with session.client() as client:
        job = await client.jobs.cancel((await _which(client, given)).id)
    put(f"{job.id} cancelled")
    say(f"{progress_of(job)}. What it has begun goes on.")
    return ExitCode.DONE


async def _which(client: Penstock, given: str) -> Job:
    if is_whole(given):
        return await client.jobs.get(given)
    known = [each async for each in client.jobs.list()]
    return the_only(known, given, Kind("job", "jobs"), lambda _: "")


async def _follow(jobs: Jobs, job_id: str) -> ExitCode:
    """Says how far it is whenever a tenth more is done, and what it waits for."""
    said: tuple[int, str | None] | None = None
    async with aclosing(jobs.follow(job_id)) as looks:
        async for job in looks:
            over = job.done + job.skipped + job.failed
            now = (10 * over // max(job.total, 1), job.waiting_for)
            if job.finished_at is None and now != said:
                say(progress_of(job))
            said = now
    say(f"{job.status}: {progress_of(job)}")
    return ExitCode.FAILED if job.failed else _CODES.get(job.status, ExitCode.FAILED)


def progress_of(job: Job) -> str:
    """How far it is, and why runs were left out, in a line."""
    told = f"{job.done:,} of {job.total:,} {_DONE.get(job.kind, 'done')}"
    return ", ".join(filter(None, (told, _about(job))))


def _about(job: Job) -> str:
    """What it waits for, and which runs it did nothing to."""
    counts = ((job.skipped, "left out"), (job.failed, "failed"))
    told = [f"waits: {one_line(job.waiting_for)}"] if job.waiting_for else []
    told += [f"{count:,} {word}" for count, word in counts if count]
    named = ", ".join(f"{one_line(code)} {count:,}" for code, count in sorted(job.reasons.items()))
    return ", ".join(told) + (f" ({named})" if named else "")


def _row(each: Job, shown_id: str) -> list[Cell]:
    status = status_text("completed" if each.status == "done" else each.status)
    progress = f"{each.done:,} of {each.total:,}"
    return [shown_id, words_of(each.kind), status, progress, age(each.created_at), _about(each)]
