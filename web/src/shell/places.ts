// The pages of a workspace: what the bar, the palette and the keys lead to.

export interface Place {
  readonly name: "pipelines" | "runs" | "approvals" | "agents" | "account" | "system";
  readonly to: `/w/$workspace/${string}`;
  /** Pressed after `g`. */
  readonly key: string;
  /** Drawn in a box of 20 by 20. */
  readonly icon: string;
}

export const PLACES = [
  { name: "pipelines", to: "/w/$workspace/pipelines", key: "p", icon: "M3 5h4c5 0 3 10 8 10h2M3 15h3" },
  { name: "runs", to: "/w/$workspace/runs", key: "r", icon: "M4 5h12M4 10h12M4 15h7" },
  { name: "approvals", to: "/w/$workspace/approvals", key: "a", icon: "M7 4v12M13 4v12" },
  { name: "agents", to: "/w/$workspace/agents", key: "t", icon: "M10 3l6 3.5v7L10 17l-6-3.5v-7zM10 10l6-3.5M10 10v7M10 10L4 6.5" },
  { name: "account", to: "/w/$workspace/account", key: "k", icon: "M10 10a3 3 0 1 0 0-6a3 3 0 0 0 0 6zM4 17c0-3.5 2.5-5 6-5s6 1.5 6 5" },
  { name: "system", to: "/w/$workspace/system", key: "s", icon: "M3 11h3l2-6l4 11l2-5h3" },
] as const satisfies readonly Place[];
