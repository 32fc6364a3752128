// Prints every event of every run of the workspace `default`, as it happens.
import { connect } from "@nats-io/transport-node";

const { NATS_URL, NATS_TLS_CA } = process.env;
const servers = NATS_URL.split(",").map((url) => new URL(url));
const client = await connect({
  servers: servers.map((url) => url.host),
  user: decodeURIComponent(servers[0].username), // it does not look for them in the address
  pass: decodeURIComponent(servers[0].password),
  tls: NATS_TLS_CA ? { caFile: NATS_TLS_CA } : undefined,
  maxReconnectAttempts: -1,
});

for await (const message of client.subscribe("live.default.>")) {
  const fact = message.json();
  console.log(fact.run, fact.type, fact.node ?? "", fact.text ?? "");
}
