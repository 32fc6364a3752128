import { type FormEvent, useState } from "react";
import { Checkbox, Dialog, DialogTrigger, Popover } from "react-aria-components";
import { Button } from "../ui/Button";
import { Field } from "../ui/Field";
import { words } from "../words";

const said = words.runs;

/** Which members of the metadata have columns. */
export function Columns({ columns, known, onChange }: { columns: readonly string[]; known: readonly string[]; onChange: (columns: readonly string[]) => void }) {
  const [name, setName] = useState("");
  const all = [...columns, ...known.filter((each) => !columns.includes(each))];
  function add(event: FormEvent) {
    event.preventDefault();
    const wanted = name.trim().replaceAll(",", "");
    if (wanted && !columns.includes(wanted)) onChange([...columns, wanted]);
    setName("");
  }
  return (
    <DialogTrigger>
      <Button small>{said.columns}</Button>
      <Popover className="menu-over" placement="bottom end">
        <Dialog className="columns" aria-label={said.columns}>
          <p className="quiet small">{said.columnsAbout}</p>
          {all.map((each) => (
            <Checkbox key={each} className="check" isSelected={columns.includes(each)}
              onChange={(isOn) => onChange(isOn ? [...columns, each] : columns.filter((other) => other !== each))}>
              {({ isSelected }) => <><span className="box" aria-hidden="true">{isSelected ? "✓" : ""}</span><span className="clip">{each}</span></>}
            </Checkbox>
          ))}
          <form className="row" onSubmit={add}>
            <Field label={said.column} value={name} onChange={setName} maxLength={100} placeholder="ticket" />
            <Button small type="submit" isDisabled={!name.trim()}>{said.add}</Button>
          </form>
        </Dialog>
      </Popover>
    </DialogTrigger>
  );
}
