import { useState } from "react";
import { useSession } from "../account/session";
import { useReadAgain } from "../api/again";
import { restorePipeline } from "../pipelines/acts";
import { Button } from "../ui/Button";
import { Notice, Refused } from "../ui/Notice";
import { words } from "../words";

/** What was deleted can be had back: `onBack` is called once it is. */
export function Deleted({ workspace, id, onBack }: { workspace: string; id: string; onBack: () => void }) {
  const { may } = useSession();
  const [error, setError] = useState<unknown>(null);
  const readAgain = useReadAgain();
  const restore = () => restorePipeline(id)
    .then(() => { readAgain("pipelines", workspace); onBack(); })
    .catch(setError);
  return (
    <>
      <Notice tone="wait" title={words.editor.gone} actions={
        <span title={may("member") ? undefined : words.editor.onlyMembers}><Button isDisabled={!may("member")} onPress={() => void restore()}>{words.pipelines.restore}</Button></span>
      }>{words.editor.deleted}</Notice>
      <Refused error={error} />
    </>
  );
}
