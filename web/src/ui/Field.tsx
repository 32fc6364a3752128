import type { ReactNode } from "react";
import { FieldError, Input, Label, Text, TextArea, TextField, type TextFieldProps } from "react-aria-components";

export interface FieldProps extends Omit<TextFieldProps, "className" | "children"> {
  label: string;
  /** A sentence below: what it is for, what it may hold. */
  about?: ReactNode;
  /** What the api said is wrong with it. */
  wrong?: string | undefined;
  lines?: number;
  placeholder?: string;
  mono?: boolean;
}

/** A text that a person writes, with its label, what it is for, and what is wrong with it. */
export function Field({ label, about, wrong, lines, placeholder, mono, ...rest }: FieldProps) {
  const look = mono ? "input mono" : "input";
  return (
    <TextField {...rest} className="field" isInvalid={Boolean(wrong)} validationBehavior="aria">
      <Label>{label}</Label>
      {lines ? (
        <TextArea className={look} rows={lines} placeholder={placeholder ?? ""} />
      ) : (
        <Input className={look} placeholder={placeholder ?? ""} />
      )}
      {about && <Text slot="description" className="quiet small">{about}</Text>}
      <FieldError className="wrong">{wrong}</FieldError>
    </TextField>
  );
}
