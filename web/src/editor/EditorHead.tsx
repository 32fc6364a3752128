import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { Button as Plain, Menu, MenuItem, MenuTrigger, Popover } from "react-aria-components";
import { useSession } from "../account/session";
import { useReadAgain } from "../api/again";
import { type Act, ACTS, actOn } from "../pipelines/acts";
import { Button } from "../ui/Button";
import { Refused } from "../ui/Notice";
import { words } from "../words";
import type { Pipeline } from "./pipeline";

/** Which pipeline this is, and what can be done with all of it. */
export function EditorHead({ workspace, pipeline, name, isDisabled, isVersions, onVersions, onRun }: {
  workspace: string;
  pipeline: Pipeline;
  name: string;
  isDisabled: boolean;
  isVersions: boolean;
  onVersions: () => void;
  onRun: () => void;
}) {
  const { may } = useSession();
  const [error, setError] = useState<unknown>(null);
  const readAgain = useReadAgain();
  const navigate = useNavigate();
  const act = async (what: Act) => {
    setError(null);
    try {
      const opened = await actOn(pipeline, what);
      readAgain("pipelines", workspace);
      if (what === "delete") await navigate({ to: "/w/$workspace/pipelines", params: { workspace } });
      if (opened) await navigate({ to: "/w/$workspace/pipelines/$pipeline", params: { workspace, pipeline: opened } });
    } catch (wrong) {
      setError(wrong);
    }
  };
  const whyNot = isDisabled ? words.editor.onlyMembers : pipeline.problems.length > 0 ? words.editor.cannotRun : undefined;
  return (
    <div className="editor-head">
      <Link to="/w/$workspace/pipelines" params={{ workspace }} className="quiet" aria-label={words.editor.back}>←</Link>
      <h1 className="clip" title={name}>{name}</h1>
      <span className="quiet small number">{words.editor.version} {pipeline.version_number}</span>
      {pipeline.tags.map((tag) => <span key={tag} className="tag">{tag}</span>)}
      <span className="editor-acts">
        <Button look="quiet" onPress={onVersions} aria-pressed={isVersions}>{words.editor.versions}</Button>
        <MenuTrigger>
          <Plain className="button quiet" aria-label={words.editor.moreActs}>⋯</Plain>
          <Popover className="menu-over">
            <Menu className="menu" onAction={(key) => void act(key as Act)} disabledKeys={ACTS.filter(([, role]) => !may(role)).map(([key]) => key)}>
              {ACTS.map(([key]) => <MenuItem key={key} id={key} className="menu-item">{words.pipelines.acts[key]}</MenuItem>)}
            </Menu>
          </Popover>
        </MenuTrigger>
        <span title={whyNot}><Button look="main" onPress={onRun} isDisabled={Boolean(whyNot)} {...(whyNot && { "aria-description": whyNot })}>{words.editor.run}</Button></span>
      </span>
      <Refused error={error} />
    </div>
  );
}
