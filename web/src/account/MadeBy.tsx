import { useInfiniteQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { get, type Schema } from "../api/client";
import { words } from "../words";
import { useList } from "./parts";

const said = words.account.madeBy;
const ID = /^[0-9a-f]{8}-[0-9a-f-]{27}$/i;

/** Who made something, by name: the api tells the id of a member or a token, or `settings`. */
export function MadeBy({ workspace, id }: { workspace: string; id: string }) {
  const members = useInfiniteQuery({
    queryKey: ["account", workspace, "members", "names"],
    queryFn: ({ pageParam, signal }) => get<Schema<"MemberPage">>(`api/v1/workspaces/${encodeURIComponent(workspace)}/members`, { limit: 200, cursor: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: ({ next_cursor }) => next_cursor,
    staleTime: 60_000,
    enabled: ID.test(id),
  });
  const tokens = useList<Schema<"TokenPage">>(workspace, "tokens", "api/v1/tokens", { limit: 200 }, ID.test(id));
  const { data, hasNextPage, isFetching, fetchNextPage } = members;
  const member = data?.pages.flatMap(({ items }) => items).find((each) => each.id === id);
  const token = tokens.data?.items.find((each) => each.id === id);
  const isSought = ID.test(id) && !member && !token;
  useEffect(() => { if (isSought && hasNextPage && !isFetching) void fetchNextPage(); }, [isSought, hasNextPage, isFetching, fetchNextPage]);
  if (member) return <span className="clip is-name" title={id}>{member.name}</span>;
  if (token) return <span className="clip is-name" title={id}>{said.token(token.name)}</span>;
  if (!isSought) return <span>{id === "settings" ? said.settings : id}</span>;
  const isKnownWhole = data !== undefined && tokens.data !== undefined && !hasNextPage && tokens.data.next_cursor === null;
  return <span className="quiet" title={id}>{isKnownWhole ? said.left : "…"}</span>;
}
