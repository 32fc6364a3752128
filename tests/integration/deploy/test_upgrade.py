"""What was stored before NATS had accounts is there when it has them."""

from dataclasses import replace

from shared.log import connect
from shared.log.provision import provision
from shared.log.rights import roles
from tests.contract.story import Story
from tests.contract.world import stored
from tests.servers import NatsServer

RUN = "019a0000-0000-7000-8000-000000000001"


async def test_a_log_of_before_there_were_accounts_belongs_to_its_account(
    own_nats_server: NatsServer,
) -> None:
    server, story = own_nats_server, Story("acme", RUN, 0)
    await provision(server.url, partitions=2, pools=("local",))
    async with connect(server.url, name="tests") as log:
        before = await stored(log, story.requested(), story.started())
    server.stop()
    passwords = {role.name: "p" + role.name for role in roles()}
    server.embedded = replace(server.embedded, passwords=passwords)
    server.start()
    made = await provision(server.embedded.url_of("migrate"), partitions=1, pools=("local",))
    assert made.partitions == 2
    assert made.created == ()
    async with connect(server.embedded.url_of("api"), name="api") as log:
        history = await log.history("acme", RUN)
    assert [entry.sequence for entry in history.entries] == before
