import { useState } from "react";
import { call } from "../../api/client";
import { Refused } from "../../ui/Notice";
import { words } from "../../words";
import { Typed } from "../settings/parts";

/** What people call a version, and why it was made. */
export function NameVersion({ path, version, isDisabled, onNamed }: {
  path: string;
  version: { name: string | null; note: string | null };
  isDisabled: boolean;
  onNamed: () => void;
}) {
  const [error, setError] = useState<unknown>(null);
  const put = async (body: { name: string } | { note: string }) => {
    setError(null);
    await call("PUT", path, { body }).then(onNamed, setError);
  };
  return (
    <div className="two">
      <Typed label={words.editor.versionName} value={version.name ?? ""} isDisabled={isDisabled} read={(name) => void put({ name: name.trim() })} />
      <Typed label={words.editor.note} value={version.note ?? ""} isDisabled={isDisabled} read={(note) => void put({ note: note.trim() })} />
      <Refused error={error} />
    </div>
  );
}
