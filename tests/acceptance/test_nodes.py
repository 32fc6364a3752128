"""Three NATS nodes, the leader of the log killed, then frozen: `make chaos` in short."""

from tests.acceptance.nodes import RUNS, Mishap, befall, load
from tests.acceptance.three_nodes import three_nodes
from tests.acceptance.users import Report
from tests.servers import PostgresServer, own_folder


async def test_runs_and_readers_outlive_the_leader_of_the_log(
    postgres_server: PostgresServer,
) -> None:
    report = Report()
    with own_folder() as folder:
        async with three_nodes(postgres_server, folder) as nodes, load(nodes, report):
            await befall(nodes, report, Mishap(RUNS, "kill"))
            await befall(nodes, report, Mishap(RUNS, "freeze"))
    assert report.ended == report.accepted > 0, report
    assert not +report.faults, report
