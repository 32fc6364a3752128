// What waits, for what, who works, how far behind: of the installation for who runs it, of the
// workspace for everybody.

import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { useSession } from "../account/session";
import { call, get, Problem, type Schema } from "../api/client";
import { Button } from "../ui/Button";
import { Notice, Refused } from "../ui/Notice";
import { words } from "../words";
import { Figures, Partitions, Queues, Stores, Workers } from "./Installation";
import { Parked } from "./Parked";
import { Waiting } from "./Waiting";
import "./system.css";

const said = words.system;
const EVERY_MS = 3_000;

export function SystemPage() {
  const { workspace } = useParams({ from: "/w/$workspace" });
  const { me } = useSession();
  const isAdmin = me.user ? me.user.is_instance_admin : false;
  return (
    <div className="page system">
      <h1>{words.shell.places.system}</h1>
      <Health />
      <Waiting workspace={workspace} />
      {isAdmin ? <Installation /> : <Notice>{said.onlyInstance}</Notice>}
    </div>
  );
}

function Health() {
  const asked = useQuery({
    queryKey: ["system", "health"],
    queryFn: ({ signal }) => call<Pick<Schema<"Readiness">, "reasons">>("GET", "health/ready", { workspace: null, signal }).catch(unready),
    refetchInterval: 5_000,
  });
  const reasons = Object.entries(asked.data?.reasons ?? {});
  if (asked.error) return <Refused error={asked.error} />;
  if (!asked.data || reasons.length === 0) return null;
  return (
    <Notice tone="bad" title={said.unready}>
      <ul>{reasons.map(([name, reason]) => <li key={name}><strong>{name}</strong>: {reason}</li>)}</ul>
    </Notice>
  );
}

// A service that is not ready answers 503, and says why in the same words.
function unready(error: unknown): Pick<Schema<"Readiness">, "reasons"> {
  if (!(error instanceof Problem) || !error.members.reasons) throw error;
  return { reasons: error.members.reasons as Record<string, string> };
}

function Installation() {
  const asked = useQuery({
    queryKey: ["system", "all"],
    queryFn: ({ signal }) => get<Schema<"System">>("api/v1/admin/system", undefined, signal),
    refetchInterval: EVERY_MS,
  });
  if (asked.isPending) return <p className="quiet" role="status">{words.ui.loading}</p>;
  const system = asked.data;
  return (
    <>
      <Refused error={asked.error} actions={<Button small onPress={() => void asked.refetch()}>{words.ui.retry}</Button>} />
      {system && (
        <>
          <Figures system={system} />
          <Parked />
          <div className="halves">
            <Queues queues={system.queues} />
            <Workers workers={system.workers} />
          </div>
          <Partitions partitions={system.partitions} />
          <Stores system={system} />
        </>
      )}
    </>
  );
}
