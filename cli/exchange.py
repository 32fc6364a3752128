"""Pipelines taken elsewhere, duplicated and deleted, on the terminal."""

from __future__ import annotations

import json
from pathlib import Path

from cli.arguments import read_object
from cli.definitions import which_pipeline
from cli.outcome import ExitCode
from cli.printing import put, put_text, say, words_of
from cli.program import program
from cli.session import Session


async def export(session: Session, *, given: str, version: str | None) -> ExitCode:
    """Prints the document, alone, so that it can be kept in a file."""
    async with session.client() as client:
        pipeline = await which_pipeline(client, given)
        document = await client.pipelines.export(pipeline.id, version)
    put_text(json.dumps(document, indent=2, ensure_ascii=False))
    return ExitCode.DONE


async def import_document(
    session: Session, *, path: Path, name: str | None, copy: bool, as_json: bool
) -> ExitCode:
    """Prints the id of the new pipeline, and says which agents it uses."""
    document = read_object(path, "a pipeline")
    async with session.client() as client:
        made = await client.pipelines.import_document(
            document, name=name, on_taken="copy" if copy else "refuse"
        )
    if as_json:
        put(made.model_dump_json())
        return ExitCode.DONE
    for agent in made.agents:
        how = "made" if agent.outcome == "made" else "was here already"
        say(f"agent {words_of(agent.name)}: {how}")
    for tool in made.tools:
        how = "made" if tool.outcome == "made" else "was here already"
        say(f"tool {words_of(tool.name)}: {how}")
    put(f"{made.pipeline.id}  {words_of(made.pipeline.name)}")
    return ExitCode.DONE


async def duplicate(session: Session, *, given: str, name: str | None) -> ExitCode:
    """Prints the id and the name of the duplicate."""
    async with session.client() as client:
        pipeline = await which_pipeline(client, given)
        made = await client.pipelines.duplicate(pipeline.id, name)
    put(f"{made.id}  {words_of(made.name)}")
    return ExitCode.DONE


async def delete(session: Session, *, given: str) -> ExitCode:
    """Deletes the pipeline, and says how to have it back."""
    async with session.client() as client:
        pipeline = await which_pipeline(client, given)
        await client.pipelines.delete(pipeline.id)
    put(f"{pipeline.id}  {words_of(pipeline.name)} deleted")
    say(f"For 30 days it can be restored: {program()} pipelines restore {pipeline.id}")
    return ExitCode.DONE
