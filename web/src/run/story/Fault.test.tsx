import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { createMemoryHistory, createRootRoute, createRouter, RouterContextProvider } from "@tanstack/react-router";
import { renderToStaticMarkup } from "react-dom/server";
import { describe, expect, it } from "vitest";
import { type Me, SessionProvider } from "../../account/session";
import { type Fault as Cause, History, type RunSource } from "../../log/index";
import { words } from "../../words";
import { type RunPage, RunPageContext } from "../context";
import { NO_DRAWING } from "../graph/drawing";
import { Fault } from "./Fault";
import { KNOWN, meaningOf, type Remedy } from "./faults";

const BUTTON: Record<Remedy, string> = {
  retry: words.run.retry, keys: words.run.setKey, limit: words.run.raiseLimit, change: words.run.changeAndGoOn, system: words.run.seeSystem,
};

function sourceOf(error: Cause): RunSource {
  const history = new History();
  history.add({ id: 1, data: { type: "run.failed", version: 1, at: "2030-01-01T00:00:00Z", workspace: "w", run: "r", error } });
  const link = { state: "over" } as const, now = { history, view: history.latest, count: 1, link };
  return { history, link, now, watch: () => () => undefined, retry: () => undefined, close: () => undefined };
}

// The error of a run that is over, as somebody of this role sees it.
function shown(error: Cause, role: string): string {
  const router = createRouter({ routeTree: createRootRoute(), history: createMemoryHistory() });
  const page: RunPage = {
    run: "r", workspace: "w", source: sourceOf(error), at: null, setAt: () => undefined, selected: null, setSelected: () => undefined,
    drawing: NO_DRAWING, steps: [], refused: null, forks: [],
  };
  return renderToStaticMarkup(
    <QueryClientProvider client={new QueryClient()}>
      <RouterContextProvider router={router as never}>
        <SessionProvider me={{ role } as Me}>
          <RunPageContext value={page}><Fault error={error} title={words.run.runFailed} from="poet" /></RunPageContext>
        </SessionProvider>
      </RouterContextProvider>
    </QueryClientProvider>,
  ).replaceAll("&#x27;", "'");
}

describe("an error on screen", () => {
  it.each(KNOWN)("of %s says what happened, whose it is, what to do, and has the button", (code) => {
    const { whose, remedy, todo } = meaningOf(code);
    const html = shown({ code, message: "It went wrong." }, "member");
    for (const said of ["It went wrong.", words.run.whose[whose], todo, `<code>${code}</code>`, BUTTON[remedy]]) expect(html).toContain(said);
    expect(html).not.toContain("disabled");
  });

  it("has its buttons greyed for who only reads, and says why", () => {
    const html = shown({ code: "overloaded", message: "" }, "viewer");
    expect(html).toContain("disabled");
    expect(html).toContain(words.run.mayNotRun);
  });
});
