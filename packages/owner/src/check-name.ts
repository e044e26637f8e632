import { bytesOfName, displayName } from "@cairn/archive/names";
import { CairnError } from "@cairn/protocol/errors";

const MAX_NAME_BYTES = 255;

/** Throws `bad-name` unless a package can be called so; `next` says where another is given. */
export function checkName(name: string, next = "Choose one with --name."): void {
  const problem =
    name === "" || name === "." || name === ".."
      ? "it is empty"
      : name.includes("/")
        ? "it has a slash"
        : bytesOfName(name).length > MAX_NAME_BYTES
          ? `it is longer than ${MAX_NAME_BYTES} bytes`
          : undefined;
  if (problem === undefined) return;
  throw new CairnError(`"${displayName(name)}" cannot be a package's name: ${problem}`, {
    code: "bad-name",
    kind: "input",
    next,
  });
}
