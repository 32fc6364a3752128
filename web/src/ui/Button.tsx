import { Button as Aria, type ButtonProps as AriaProps } from "react-aria-components";
import "./button.css";

export interface ButtonProps extends Omit<AriaProps, "className"> {
  /** `main`: what the page is for, once at most; `danger`: what cannot be undone. */
  look?: "main" | "plain" | "quiet" | "danger";
  small?: boolean;
}

export function Button({ look = "plain", small = false, ...rest }: ButtonProps) {
  return <Aria {...rest} className={`button ${look}${small ? " is-small" : ""}`} />;
}
