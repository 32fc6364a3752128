// Tokens of a usage, counted in one way wherever they are told.

export { tokensOf } from "../ui/figures";
