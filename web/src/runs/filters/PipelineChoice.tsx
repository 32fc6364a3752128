import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Button as Plain, ComboBox, Input, Label, ListBox, ListBoxItem, Popover } from "react-aria-components";
import { get, type Schema } from "../../api/client";
import { words } from "../../words";

const said = words.runs;
const MOST = 50;
const ANY = "any";

/** Chooses a pipeline by a part of its name, however many there are. */
export function PipelineChoice({ workspace, chosen, onChoose }: { workspace: string; chosen: string; onChoose: (pipeline: string) => void }) {
  const [typed, setTyped] = useState<string | null>(null);
  const named = useQuery({
    queryKey: ["pipelines", workspace, "name", chosen],
    queryFn: ({ signal }) => get<Schema<"PipelineShape">>(`api/v1/pipelines/${encodeURIComponent(chosen)}`, undefined, signal).then(({ name }) => name),
    enabled: chosen !== "",
    staleTime: 60_000,
    retry: false,
  });
  const name = chosen ? (named.data ?? chosen) : said.anyPipeline;
  const search = typed !== null && typed.trim().length >= 2 && typed !== name ? typed.trim() : null;
  const found = useQuery({
    queryKey: ["pipelines", workspace, "choice", search],
    queryFn: ({ signal }) => get<Schema<"PipelinePage">>("api/v1/pipelines", { search, limit: MOST }, signal),
    placeholderData: keepPreviousData,
    staleTime: 10_000,
  });
  return (
    <ComboBox className="field" inputValue={typed ?? name} onInputChange={setTyped} selectedKey={chosen || ANY} menuTrigger="focus"
      onSelectionChange={(key) => { setTyped(null); if (key !== null) onChoose(key === ANY ? "" : String(key)); }}
      onOpenChange={(isOpen) => { if (isOpen) setTyped(""); else setTyped(null); }}
      items={[{ id: ANY, name: said.anyPipeline }, ...(found.data?.items ?? [])]} allowsEmptyCollection>
      <Label>{said.pipeline}</Label>
      <span className="choice"><Input className="input" maxLength={200} /><Plain className="choice-button">▾</Plain></span>
      <Popover className="menu-over"><ListBox<{ id: string; name: string }> className="menu">{(item) => <ListBoxItem className="menu-item" textValue={item.name}><span className="clip">{item.name}</span></ListBoxItem>}</ListBox></Popover>
    </ComboBox>
  );
}
