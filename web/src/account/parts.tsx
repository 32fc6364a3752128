// What the parts of the account page are made of.

import { useMutation, useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { useReadAgain } from "../api/again";
import { call, get, type Method } from "../api/client";
import { Button } from "../ui/Button";
import { Field } from "../ui/Field";
import { Refused } from "../ui/Notice";
import { Sheet } from "../ui/Sheet";
import { words } from "../words";
import { type Role, useSession } from "./session";

const said = words.account;

/** A part with its heading, what it is for, and what may be done. */
export function Section({ title, about, actions, children }: { title: string; about?: ReactNode; actions?: ReactNode; children: ReactNode }) {
  return (
    <section className="stack" aria-label={title}>
      <div className="spread"><h2>{title}</h2>{actions && <div className="row">{actions}</div>}</div>
      {about && <p className="quiet">{about}</p>}
      {children}
    </section>
  );
}

/** A list of the api, by a key of this room. */
export function useList<T>(workspace: string, name: string, path: string, query: Record<string, string | number> = {}, enabled = true) {
  return useQuery({
    queryKey: ["account", workspace, name, query],
    queryFn: ({ signal }) => get<T>(path, query, signal),
    enabled,
  });
}

/** A call that changes things; the list of that name is asked for again. */
export function useChange<T, B = void>(workspace: string, name: string, act: (body: B) => Promise<T>, then?: (told: T) => void) {
  const readAgain = useReadAgain();
  return useMutation({
    mutationFn: act,
    onSuccess: (told) => {
      readAgain("account", workspace, name);
      then?.(told);
    },
  });
}

/** A button that who may not press sees greyed, with who may. */
export function Allowed({ role, onPress, children, look }: { role: Role; onPress: () => void; children: ReactNode; look?: "main" | "plain" | "quiet" | "danger" }) {
  const { may } = useSession();
  const isAllowed = may(role);
  return (
    <span className="row">
      {!isAllowed && <span className="quiet small">{said.only[role]}</span>}
      <Button small isDisabled={!isAllowed} onPress={onPress} {...(look && { look })}>{children}</Button>
    </span>
  );
}

/** A button that asks once more, says what follows, and does it. */
export function Sure({ workspace, list, method = "DELETE", path, body, button, title, about, role = "admin", then }: {
  workspace: string; list: string; method?: Method; path: string; body?: unknown; button: string; title: string; about: string; role?: Role; then?: () => void;
}) {
  const [isOpen, setOpen] = useState(false);
  const { may } = useSession();
  const change = useChange<unknown>(workspace, list, () => call(method, path, { ...(body !== undefined && { body }) }), () => { setOpen(false); then?.(); });
  return (
    <>
      <Button small look="quiet" isDisabled={!may(role)} aria-label={`${button}: ${title}`} onPress={() => setOpen(true)}>{button}</Button>
      <Sheet title={title} isOpen={isOpen} onClose={() => setOpen(false)}>
        <p>{about}</p>
        <Refused error={change.error} />
        <div className="row">
          <Button look="danger" isDisabled={change.isPending} onPress={() => change.mutate()}>{button}</Button>
          <Button look="quiet" onPress={() => setOpen(false)}>{words.ui.cancel}</Button>
        </div>
      </Sheet>
    </>
  );
}

/** A secret that is shown once: a token, a link. */
export function Once({ title, about, label, value, onClose }: { title: string; about: string; label: string; value: string; onClose: () => void }) {
  const [isCopied, setCopied] = useState(false);
  async function copy() {
    await navigator.clipboard.writeText(value).then(() => setCopied(true), () => setCopied(false));
  }
  return (
    <Sheet title={title} isOpen onClose={onClose}>
      <p>{about}</p>
      <Field label={label} value={value} mono isReadOnly onFocus={(event) => { if (event.target instanceof HTMLInputElement) event.target.select(); }} />
      <div className="row">
        <Button look="main" onPress={() => void copy()}>{isCopied ? words.ui.copied : words.ui.copy}</Button>
        <Button look="quiet" onPress={onClose}>{words.ui.close}</Button>
      </div>
    </Sheet>
  );
}

/** A text that others chose, on one line however long it is. */
export function Name({ children }: { children: string }) {
  return <span className="clip is-name" title={children}>{children}</span>;
}

/** The head of a column, said beside its cell where there is no room for columns. */
export function Narrow({ children }: { children: string }) {
  return <span className="narrow quiet small">{children} </span>;
}

/** Rows of a list with a head; the last column has no name: it is what may be done. */
export function Rows({ label, head, children }: { label: string; head: readonly string[]; children: ReactNode }) {
  return (
    <div className="table-over" tabIndex={0} role="group" aria-label={label}>
      <table className="table listed">
        <thead><tr>{head.map((each) => <th key={each} scope="col">{each || <span className="unseen">{said.actions}</span>}</th>)}</tr></thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}

export function RoleChoice({ value, onChange, label, isDisabled = false }: { value: Role; onChange: (role: Role) => void; label: string; isDisabled?: boolean }) {
  return (
    <label className="field"><span className="label">{label}</span>
      <select className="input" value={value} disabled={isDisabled} onChange={(event) => onChange(roleIn(event.target.value))}>
        {(["viewer", "member", "admin"] as const).map((role) => <option key={role} value={role}>{said.rolesAbout[role]}</option>)}
      </select>
    </label>
  );
}

export function roleIn(text: string): Role {
  return text === "admin" || text === "member" ? text : "viewer";
}
