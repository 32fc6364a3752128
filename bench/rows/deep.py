"""Row 14: one run of the deepest real graph, every node a template that writes its own id."""

from __future__ import annotations

from bench.client import in_own_process
from bench.graph import deepest, read_graph
from bench.ground import Ground
from bench.measured import Findings, Measured, Target
from bench.traverse import TraversePlan, faults_of, traverse

WITHIN_SECONDS = 600.0
TIME = Target(floor=90, goal=35)


async def measure(ground: Ground) -> Findings:
    """One run, alone, with a reader. Raises: Unavailable, Rejected."""
    graph = read_graph(ground.graph) if ground.graph else deepest()
    async with ground.stack() as stack:
        pipeline_id = await stack.pipeline("deepest", graph.flow())
        plan = TraversePlan(api=stack.api, pipeline_id=pipeline_id, within_seconds=WITHIN_SECONDS)
        ground.say(f"one run of {len(graph.nodes):,} steps")
        before = stack.processes.read()
        done = await in_own_process(traverse, plan)
        await stack.settled()
        after = stack.processes.read()
    traversed = done.result
    spent = ", ".join(f"{name} {cpu:.1f}" for name, cpu in sorted(after.since(before).items()))
    others = after.other_cores(before, done.cpu_seconds)
    return Findings(
        measured=[
            Measured(
                row=14,
                what=f"deepest graph, {len(graph.nodes):,} steps",
                unit="s",
                values=(traversed.seconds,),
                target=TIME,
            )
        ],
        notes=[f"deepest graph, CPU seconds: {spent}; other programs {others:.2f} cores"],
        faults=faults_of(traversed, graph),
    )
