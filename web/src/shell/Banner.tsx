// Who answers while no real model does, and what to do about it.

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useSession } from "../account/session";
import { get, type Schema } from "../api/client";
import { Button } from "../ui/Button";
import { later } from "../ui/later";
import { words } from "../words";

const ProviderKeySheet = later(() => import("../account/ProviderKeySheet").then((found) => found.ProviderKeySheet));
const KEPT = "penstock-banner-away";

export function Banner({ workspace }: { workspace: string }) {
  const { may } = useSession();
  const [isOpen, setOpen] = useState(false);
  const models = useQuery({
    queryKey: ["account", workspace, "models"],
    queryFn: ({ signal }) => get<Schema<"ModelList">>("api/v1/models", undefined, signal),
    staleTime: 60_000,
  });
  const [away, putAway] = useState(() => sessionStorage.getItem(KEPT) ?? "");
  const answers = models.data?.answers;
  if (!answers || answers === "model" || away.includes(answers)) return null;
  const said = words.shell.answers[answers];
  return (
    <aside className="banner notice wait" aria-label={said.title}>
      <div className="spread">
        <p><strong>{said.title}</strong> <span className="more">{said.about}{answers === "simulated" && <> <code>{said.command}</code></>}</span></p>
        <span className="row is-close">
          <Button small isDisabled={!may("admin")} onPress={() => setOpen(true)}>{words.shell.setKey}</Button>
          <Button small look="quiet" aria-label={words.ui.close} onPress={() => { sessionStorage.setItem(KEPT, answers); putAway(answers); }}>✕</Button>
        </span>
      </div>
      {isOpen && <ProviderKeySheet workspace={workspace} isOpen onClose={() => setOpen(false)} />}
    </aside>
  );
}
