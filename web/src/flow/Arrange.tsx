// A flow that people drew can be looked at as if they had not: the address says so.

import { useAddressed } from "../shell/address";
import { Button } from "../ui/Button";
import { words } from "../words";
import { arePlaced, type Laid, type ToLay } from "./layout";

const ARRANGED = "arranged";

export function useArranged(): boolean {
  return useAddressed("layout")[0] === ARRANGED;
}

/** Changes between both; nothing where there is but one way. */
export function Arrange({ flow: { boxes }, laid }: { flow: ToLay; laid: Laid }) {
  const [layout, setLayout] = useAddressed("layout");
  const isArranged = layout === ARRANGED;
  if (boxes.length < 2 || !(isArranged ? arePlaced(boxes) : laid.isDrawn)) return null;
  return <Button small onPress={() => setLayout(isArranged ? "" : ARRANGED)}>{isArranged ? words.flow.asDrawn : words.flow.arrange}</Button>;
}
