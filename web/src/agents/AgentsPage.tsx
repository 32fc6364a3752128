// Agents and tools of the workspace: what pipelines name, and what agents may call.

import { useParams } from "@tanstack/react-router";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useSession } from "../account/session";
import { get, type Schema } from "../api/client";
import { useAddress, useTyped } from "../shell/address";
import { Button } from "../ui/Button";
import { Empty, Refused } from "../ui/Notice";
import { words } from "../words";
import { AgentEditor } from "./AgentEditor";
import { type Kind, Made } from "./definitions";
import { NewDefinition } from "./NewDefinition";
import { ToolEditor } from "./ToolEditor";
import "../editor/editor.css";
import "./agents.css";

interface Item {
  id: string;
  name: string;
  about: string;
}

export function AgentsPage() {
  const { workspace } = useParams({ from: "/w/$workspace/agents" });
  const { may } = useSession();
  const [address, change] = useAddress();
  const search = address.get("search") ?? "";
  const [typed, type] = useTyped(search, (text) => change({ search: text }));
  const choose = (id: string | null) => change({ id });
  const [isDeleted, setDeleted] = useState(false);
  const [isMaking, setMaking] = useState(false);
  const kind: Kind = address.get("show") === "tools" ? "tools" : "agents";
  const list = useDefinitions(workspace, kind, search, isDeleted);
  const items = list.data?.pages.flatMap((page) => page) ?? [];
  // A link from a flow names the agent behind #.
  const id = address.get("id") ?? (location.hash.slice(1) || null);
  const show = (next: Kind) => change({ show: next === "tools" ? next : null, id: null });

  return (
    <div className="page">
      <div className="spread">
        <h1>{words.shell.places.agents}</h1>
        <div className="row" role="group" aria-label={words.agents.show}>
          {(["agents", "tools"] as const).map((each) => <Button key={each} look={each === kind ? "plain" : "quiet"} aria-pressed={each === kind} onPress={() => show(each)}>{words.agents.shown[each]}</Button>)}
          <span title={may("member") ? undefined : words.agents.onlyMembers}>
            <Button look="main" isDisabled={!may("member")} onPress={() => setMaking(true)}>{words.agents.make[kind]}</Button>
          </span>
        </div>
      </div>
      <div className="definitions">
        <section className="stack" aria-label={words.agents.shown[kind]}>
          <input type="search" className="input" aria-label={words.agents.search} placeholder={words.agents.search} value={typed} onChange={(event) => type(event.target.value)} />
          <label className="row small"><input type="checkbox" checked={isDeleted} onChange={(event) => setDeleted(event.target.checked)} /> {words.agents.deleted}</label>
          <Refused error={list.error} />
          <ul className="definition-list">
            {items.map((item) => (
              <li key={item.id}>
                <button type="button" aria-current={item.id === id} onClick={() => choose(item.id)}>
                  <strong className="clip">{item.name}</strong>
                  <span className="quiet small clip">{item.about}</span>
                </button>
              </li>
            ))}
          </ul>
          {list.hasNextPage && <Button onPress={() => void list.fetchNextPage()}>{words.ui.more}</Button>}
        </section>
        <section className="definition" aria-label={words.agents.chosen}>
          {id ? (
            <Made key={`${kind}/${id}`} workspace={workspace} kind={kind} id={id} onGone={() => choose(null)}>
              {(saved) => kind === "agents" ? <AgentEditor workspace={workspace} saved={saved} /> : <ToolEditor workspace={workspace} saved={saved} />}
            </Made>
          ) : items.length === 0 && list.data ? (
            <Empty title={words.agents.none[kind]}><p>{words.agents.noneWhy[kind]}</p></Empty>
          ) : <p className="quiet">{words.agents.choose}</p>}
        </section>
      </div>
      {isMaking && <NewDefinition workspace={workspace} kind={kind} onClose={() => setMaking(false)} onMade={(made) => { setMaking(false); choose(made); }} />}
    </div>
  );
}

function useDefinitions(workspace: string, kind: Kind, search: string, deleted: boolean) {
  return useInfiniteQuery({
    queryKey: ["agents", workspace, kind, "list", search, deleted],
    queryFn: ({ pageParam, signal }) => get<Schema<"AgentPage"> | Schema<"ToolPage">>(`api/v1/${kind}`, { limit: 100, cursor: pageParam, search: search || null, deleted: deleted || null }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    placeholderData: (before) => before,
    select: (data) => ({ ...data, pages: data.pages.map((page) => page.items.map(itemOf)) }),
  });
}

function itemOf(item: Schema<"AgentShape"> | Schema<"ToolShape">): Item {
  const about = "kind" in item ? `${item.kind}: ${item.description}` : [item.model, item.instructions].filter(Boolean).join(" · ");
  return { id: item.id, name: item.name, about: about.slice(0, 200) };
}
