import type { PackageJson } from "@cairn/client";
import { CairnError } from "@cairn/protocol/errors";
import { GONE } from "./package-name.ts";

/** A package that has no content yet, or none any more. */
export function nothingIn(
  name: string,
  { id, state, next }: Pick<PackageJson, "id" | "state" | "next">,
  verb: "get" | "read" | "check" | "certify" | "compare with",
): CairnError {
  const isGone = GONE.has(state);
  return new CairnError(`${name} is ${state}: there is nothing to ${verb} ${isGone ? "any more" : "yet"}`, {
    code: "not-stored",
    kind: "conflict",
    next: isGone
      ? `Its deals are over. \`cairn ls\` lists what is stored; \`cairn show ${id}\` says what became of this one.`
      : (next ?? `See \`cairn show ${id}\`.`),
  });
}
