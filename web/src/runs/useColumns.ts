// The members of metadata that the table has columns of: as the address says, else as this browser
// keeps it for the workspace.

import { useMemo } from "react";
import { useAddress } from "../shell/address";

const MOST = 8;

export function useColumns(workspace: string): [readonly string[], (columns: readonly string[]) => void] {
  const [address, change] = useAddress();
  const said = address.get("columns");
  const columns = useMemo(() => columnsIn(said ?? kept(workspace)), [said, workspace]);
  return [columns, (wanted) => {
    const text = wanted.slice(0, MOST).join(",");
    try {
      localStorage.setItem(nameOf(workspace), text);
    } catch {
      // Then the address alone has them.
    }
    change({ columns: text || null });
  }];
}

export function columnsIn(text: string): string[] {
  return [...new Set(text.split(",").map((each) => each.trim()).filter(Boolean))].slice(0, MOST);
}

function kept(workspace: string): string {
  try {
    return localStorage.getItem(nameOf(workspace)) ?? "";
  } catch {
    return "";
  }
}

function nameOf(workspace: string): string {
  return `penstock-columns:${workspace}`;
}
