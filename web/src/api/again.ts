import { useQueryClient } from "@tanstack/react-query";
import { useCallback } from "react";

/**
 * Has what is shown under a key, or all there is, read again. There is nothing to wait for: what the
 * api said to a call is shown at once, however long reading takes.
 */
export function useReadAgain(): (...key: readonly (string | number)[]) => void {
  const queries = useQueryClient();
  return useCallback((...key) => void queries.invalidateQueries({ queryKey: key }), [queries]);
}
