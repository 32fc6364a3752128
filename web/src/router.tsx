// Which page an address leads to. Each room's pages are loaded when they are first opened.

import { createRootRoute, createRoute, createRouter, lazyRouteComponent, Outlet, redirect } from "@tanstack/react-router";
import { call } from "./api/client";
import type { Me } from "./account/session";
import { workspaceToBegin } from "./account/signing/signing";
import { parseSearch, stringifySearch } from "./shell/address";
import { Shell } from "./shell/Shell";
import { Crashed } from "./ui/Crashed";
import { words } from "./words";

const root = createRootRoute({ component: Outlet, notFoundComponent: () => <main><p>{words.shell.lost}</p></main> });

const home = createRoute({
  getParentRoute: () => root,
  path: "/",
  beforeLoad: async () => {
    const me = await call<Me>("GET", "api/v1/me", { workspace: null }).catch(() => null);
    if (!me) throw redirect({ to: "/sign-in" });
    const workspace = workspaceToBegin(me, localStorage);
    throw redirect({ to: "/w/$workspace/pipelines", params: { workspace } });
  },
});

const signIn = createRoute({
  getParentRoute: () => root,
  path: "/sign-in",
  component: lazyRouteComponent(() => import("./account/signing/SignInPage"), "SignInPage"),
});

const workspace = createRoute({ getParentRoute: () => root, path: "/w/$workspace", component: Shell });

function page<P extends string>(path: P, load: Parameters<typeof lazyRouteComponent>[0], name: string) {
  return createRoute({ getParentRoute: () => workspace, path, component: lazyRouteComponent(load as never, name) });
}

const tree = root.addChildren([
  home,
  signIn,
  workspace.addChildren([
    page("/pipelines", () => import("./pipelines/PipelinesPage"), "PipelinesPage"),
    page("/pipelines/$pipeline", () => import("./editor/PipelinePage"), "PipelinePage"),
    page("/runs", () => import("./runs/RunsPage"), "RunsPage"),
    page("/runs/$run", () => import("./run/RunPage"), "RunPage"),
    page("/runs/$run/compare/$other", () => import("./run/compare/Compare"), "Compare"),
    page("/approvals", () => import("./approvals/ApprovalsPage"), "ApprovalsPage"),
    page("/agents", () => import("./agents/AgentsPage"), "AgentsPage"),
    page("/account", () => import("./account/AccountPage"), "AccountPage"),
    page("/system", () => import("./system/SystemPage"), "SystemPage"),
  ]),
]);

export const router = createRouter({
  routeTree: tree,
  basepath: new URL(document.baseURI).pathname,
  parseSearch,
  stringifySearch,
  defaultPreload: "intent",
  defaultErrorComponent: Crashed,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
