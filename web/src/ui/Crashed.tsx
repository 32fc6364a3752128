import type { ErrorComponentProps } from "@tanstack/react-router";
import { words } from "../words";
import { Button } from "./Button";
import { Refused } from "./Notice";

/** In place of a page that could not be drawn: what went wrong, and a way on. */
export function Crashed({ error, reset }: ErrorComponentProps) {
  return (
    <div className="page">
      <Refused error={error} actions={
        <>
          <Button onPress={reset}>{words.ui.retry}</Button>
          <Button look="quiet" onPress={() => location.reload()}>{words.ui.reload}</Button>
        </>
      } />
    </div>
  );
}
