// One run: the flow it runs, the story of what is chosen in it, and below both the time.

import { Link, useParams } from "@tanstack/react-router";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Tab, TabList, TabPanel, Tabs } from "react-aria-components";
import { get, Problem } from "../api/client";
import { useAddressed } from "../shell/address";
import { Button } from "../ui/Button";
import { Empty } from "../ui/Notice";
import { words } from "../words";
import { RunProvider, useRunPage, useTold } from "./context";
import { Graph } from "./graph/Graph";
import { Facts, Timeline } from "./lazyParts";
import { RunBar } from "./RunBar";
import { Scrubber } from "./scrubber/Scrubber";
import { Story } from "./story/Story";
import "./run.css";

export function RunPage() {
  const { workspace = "", run = "" } = useParams({ strict: false });
  return (
    <RunProvider key={`${workspace}/${run}`} run={run} workspace={workspace}>
      <Whole />
    </RunProvider>
  );
}

function Whole() {
  const { source } = useRunPage();
  const isGone = useTold(source, () => source.link.state === "gone" && source.history.events.length === 0);
  if (isGone) return <Gone />;
  return (
    <div className="run">
      <RunBar />
      <Above />
      <div className="run-scrub"><Scrubber /></div>
      <Below />
    </div>
  );
}

// On a phone the flow stands above the story, and can be folded away.
function Above() {
  const [isFolded, fold] = useState(false);
  return (
    <div className={isFolded ? "run-above is-folded" : "run-above"}>
      <div className="run-graph-fold"><Button look="quiet" small aria-expanded={!isFolded} onPress={() => fold(!isFolded)}>{isFolded ? words.run.showFlow : words.run.foldFlow}</Button></div>
      <Graph />
      <Story />
    </div>
  );
}

// A run that is not there: the api says why.
function Gone() {
  const { run, workspace } = useRunPage();
  const asked = useQuery({ queryKey: ["run", workspace, run, "gone"], queryFn: () => get<unknown>(`api/v1/runs/${encodeURIComponent(run)}`), retry: false });
  const why = asked.error instanceof Problem ? asked.error.message : null;
  return (
    <div className="run-gone">
      <Empty title={words.run.gone} actions={<Link className="button" to="/w/$workspace/runs" params={{ workspace }}>{words.run.allRuns}</Link>}>
        <p role="status">{why ?? words.run.goneWhy}</p>
      </Empty>
    </div>
  );
}

// What lies below the scrubber is made only while somebody looks at it.
function Below() {
  const [opened, open] = useAddressed("below");
  const [last, setLast] = useState<string>("timeline");
  const isOpen = opened === "timeline" || opened === "facts";
  const shown = isOpen ? opened : last;
  const show = (tab: string) => { setLast(tab); open(tab); };
  return (
    <Tabs className={isOpen ? "run-below is-open" : "run-below"} selectedKey={shown} onSelectionChange={(key) => { if (isOpen) show(String(key)); else setLast(String(key)); }}>
      <div className="run-tabs">
        <TabList aria-label={words.run.below} className="run-tablist">
          <Tab id="timeline" className="run-tab" onPress={() => show("timeline")}>{words.run.timeline}</Tab>
          <Tab id="facts" className="run-tab" onPress={() => show("facts")}>{words.run.facts}</Tab>
        </TabList>
        <Button look="quiet" small onPress={() => open(isOpen ? "" : shown)} aria-expanded={isOpen}>{isOpen ? words.run.fold : words.run.unfold}</Button>
      </div>
      <TabPanel id="timeline" className={isOpen ? "run-panel" : "run-folded-away"}>{isOpen && <Timeline />}</TabPanel>
      <TabPanel id="facts" className={isOpen ? "run-panel" : "run-folded-away"}>{isOpen && <Facts />}</TabPanel>
    </Tabs>
  );
}
