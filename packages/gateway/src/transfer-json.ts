import type { Transfer } from "@cairn/catalog";
import type { TransferJson } from "@cairn/client";
import type { Hex } from "@cairn/protocol";

/** A transfer as the API and the live socket have it. @param explorer the account's setting */
export function transferJson(
  { account: _, changed: __, amount, ...transfer }: Transfer,
  explorer: unknown,
): TransferJson {
  return { ...transfer, amount: amount.toString(), link: linkTo(explorer, transfer.transaction) };
}

/** A link to a transaction by an account's template: a page would follow `javascript:` too, so no scheme but http and https is made a link of. */
export function linkTo(template: unknown, transaction: Hex | null): string | null {
  if (typeof template !== "string" || transaction === null) return null;
  const link = template.replaceAll("{tx}", transaction);
  const url = URL.canParse(link) ? new URL(link) : undefined;
  return url?.protocol === "https:" || url?.protocol === "http:" ? url.href : null;
}
