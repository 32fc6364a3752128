// Serves the tool `weather` of the workspace `default`: agents call it, this answers.
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
process.once("SIGTERM", () => client.drain());

const celsius = { Oslo: 4, Rome: 19 };

for await (const call of client.subscribe("tools.default.weather", { queue: "tools" })) {
  const { city } = call.json().input;
  const answer = Object.hasOwn(celsius, city)
    ? { output: { city, celsius: celsius[city] } }
    : { error: { code: "not_found", message: `expected Oslo or Rome, got ${city}` } };
  call.respond(JSON.stringify(answer));
}
