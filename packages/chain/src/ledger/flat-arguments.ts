import type { AbiParameter } from "viem";

/** One value of a call or event: structs and lists are written out as `quotes[0].provider`. */
export interface FlatArgument {
  name: string;
  /** As in the contract's interface. */
  type: string;
  /** Integers in decimal, bytes in hex; long ones are cut and say so. */
  value: string;
}

/** Values of one call that are written out, and characters of one of them. */
const MOST_VALUES = 200;
const MOST_CHARACTERS = 600;

type Inputs = readonly (AbiParameter & { components?: readonly AbiParameter[] })[];

/** Decoded arguments as lines; what is beyond the first 200 is counted in a last one. */
export function flatArguments(inputs: Inputs, values: readonly unknown[] | Record<string, unknown>): FlatArgument[] {
  const flat: FlatArgument[] = [];
  let beyond = 0;
  const add = (name: string, type: string, value: unknown) => {
    if (flat.length >= MOST_VALUES) beyond += 1;
    else flat.push({ name, type, value: textOf(value) });
  };
  const walk = (name: string, input: Inputs[number], value: unknown) => {
    const list = /^(.*)\[\d*\]$/.exec(input.type);
    if (list !== null && Array.isArray(value)) {
      if (value.length === 0) add(name, input.type, "none");
      for (const [i, one] of value.entries()) {
        if (flat.length >= MOST_VALUES) beyond += 1;
        else walk(`${name}[${i}]`, { ...input, type: list[1]! }, one);
      }
      return;
    }
    if (input.components === undefined) return add(name, input.type, value);
    const fields = value as Record<string, unknown>;
    for (const [i, field] of (input.components as Inputs).entries())
      walk(`${name}.${field.name ?? i}`, field, fields[field.name ?? i]);
  };
  for (const [i, input] of inputs.entries()) {
    const name = input.name || String(i);
    walk(name, input, Array.isArray(values) ? values[i] : (values as Record<string, unknown>)[name]);
  }
  if (beyond > 0) flat.push({ name: "…", type: "", value: `${beyond} more` });
  return flat;
}

function textOf(value: unknown): string {
  const text = String(value);
  if (text.length <= MOST_CHARACTERS) return text;
  const length = /^0x[0-9a-f]*$/.test(text) ? `${(text.length - 2) / 2} bytes` : `${text.length} characters`;
  return `${text.slice(0, MOST_CHARACTERS)}… (${length})`;
}
