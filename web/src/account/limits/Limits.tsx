import { type FormEvent, useState } from "react";
import { ask, call, type Schema } from "../../api/client";
import { useQuery } from "@tanstack/react-query";
import { Button } from "../../ui/Button";
import { Field } from "../../ui/Field";
import { bytes, count, dollars } from "../../ui/figures";
import { Notice, Refused } from "../../ui/Notice";
import { words } from "../../words";
import { LimitSheet } from "./LimitForm";
import { Section, useChange, useList } from "../parts";
import { useSession } from "../session";

type Limits = Schema<"LimitsAndUse">;
const said = words.account.limits;

/** What the workspace may use, and how long its runs are kept. */
export function LimitsAndRetention({ workspace }: { workspace: string }) {
  const { may } = useSession();
  if (!may("admin")) return <Section title={words.account.parts.limits}><Notice>{words.account.only.admin}</Notice></Section>;
  return <><InForce workspace={workspace} /><Kept workspace={workspace} /></>;
}

function InForce({ workspace }: { workspace: string }) {
  const { me } = useSession();
  const [isSetting, setSetting] = useState(false);
  const found = useList<Limits>(workspace, "limits", `api/v1/workspaces/${encodeURIComponent(workspace)}/limits`);
  const limits = found.data;
  const rows: [string, string, string, number | null][] = limits ? [
    [said.inFlight, count(limits.used.runs_in_flight), shown(limits.runs_in_flight, count), share(limits.used.runs_in_flight, limits.runs_in_flight)],
    [said.aMinute, count(limits.used.runs_a_minute), shown(limits.runs_a_minute, count), share(limits.used.runs_a_minute, limits.runs_a_minute)],
    [said.stored, bytes(limits.used.stored_bytes), shown(limits.stored_bytes, bytes), share(limits.used.stored_bytes, limits.stored_bytes)],
    [said.tokens, count(limits.this_month.tokens), shown(limits.tokens_a_month, count), share(limits.this_month.tokens, limits.tokens_a_month)],
    [said.cost, dollars(limits.this_month.cost_usd), limits.cost_usd_a_month === null ? said.none : dollars(limits.cost_usd_a_month), share(Number(limits.this_month.cost_usd), limits.cost_usd_a_month === null ? null : Number(limits.cost_usd_a_month))],
    [said.readers, "·", shown(limits.readers, count), null],
    ...Object.entries(limits.steps_in_flight ?? {}).map(([pool, most]): [string, string, string, number | null] => [said.steps(pool), count(limits.used.steps_in_flight?.[pool] ?? 0), count(most), share(limits.used.steps_in_flight?.[pool] ?? 0, most)]),
  ] : [];
  return (
    <Section title={words.account.parts.limits} actions={
      <>
        {!me.user?.is_instance_admin && <span className="quiet small">{said.about}</span>}
        <Button small isDisabled={!me.user?.is_instance_admin} onPress={() => setSetting(true)}>{said.set}</Button>
      </>
    }>
      <Refused error={found.error} />
      {isSetting && <LimitSheet workspace={workspace} of={workspace} onClose={() => setSetting(false)} />}
      {limits && (
        <div className="table-over" tabIndex={0} role="group" aria-label={words.account.parts.limits}>
          <table className="table">
            <thead><tr><th scope="col">{said.limit}</th><th scope="col" className="is-number">{said.used}</th><th scope="col" className="is-number">{said.most}</th><th scope="col" className="is-meter"><span className="unseen">{said.used}</span></th></tr></thead>
            <tbody>
              {rows.map(([name, used, most, part]) => (
                <tr key={name}><th scope="row">{name}</th><td className="is-number">{used}</td><td className="is-number">{most}</td><td className="is-meter">{part !== null && <meter min={0} max={1} value={Math.min(1, part)} aria-label={name} />}</td></tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Section>
  );
}

function Kept({ workspace }: { workspace: string }) {
  const path = `api/v1/workspaces/${encodeURIComponent(workspace)}/retention`;
  const found = useQuery({
    queryKey: ["account", workspace, "retention"],
    queryFn: ({ signal }) => ask<Schema<"Retention">>("GET", path, { signal }),
  });
  const [typed, setTyped] = useState<string | null>(null);
  const days = typed ?? (found.data?.body.days?.toString() ?? "");
  const isWhole = days === "" || /^[1-9]\d{0,4}$/.test(days);
  const tag = found.data?.headers.get("etag");
  const set = useChange(workspace, "retention", () => call("PUT", path, {
    body: { days: days === "" ? null : Number(days) }, ...(tag && { headers: { "If-Match": tag } }),
  }), () => setTyped(null));
  return (
    <Section title={said.retention} about={said.retentionAbout}>
      <Refused error={found.error ?? set.error} />
      <form className="row is-end" onSubmit={(event: FormEvent) => { event.preventDefault(); set.mutate(); }}>
        <Field label={said.days} value={days} onChange={setTyped} inputMode="numeric" placeholder={said.forEver} wrong={isWhole ? undefined : said.wrongDays} />
        <Button type="submit" isDisabled={typed === null || !isWhole || set.isPending}>{words.ui.save}</Button>
      </form>
    </Section>
  );
}

function shown(limit: number | null, as: (n: number) => string): string {
  return limit === null ? said.none : as(limit);
}

function share(used: number, limit: number | null): number | null {
  return limit === null ? null : used / Math.max(limit, Number.MIN_VALUE);
}
