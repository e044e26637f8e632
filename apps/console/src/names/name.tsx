import { shortId } from "../format/short-id.ts";
import { naming as words } from "../words/packages.ts";
import { type Labelled, useNames } from "./names.ts";

/** A package by its name, or by its id beside a lock where the page cannot read the name. */
export function Name({ of }: { of: Labelled }) {
  const name = useNames()(of);
  return name === undefined ? (
    <span className="locked-name" title={words.locked}>
      <code>{shortId(of.id)}</code>
    </span>
  ) : (
    <span className="name" title={of.id}>
      {name}
    </span>
  );
}
