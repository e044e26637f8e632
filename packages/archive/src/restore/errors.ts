import { CairnError } from "@cairn/protocol/errors";

/** A system error on the way to the destination, in words. */
export function writeFailed(path: string, cause: unknown): CairnError {
  const system = cause as NodeJS.ErrnoException;
  const full = system.code === "ENOSPC" || system.code === "EDQUOT";
  const message = full
    ? `There is no space left for ${path}.`
    : system.code === "EEXIST"
      ? `${path} exists already; the file system may not tell upper case from lower case.`
      : `${path} cannot be written (${system.code ?? system.message}).`;
  return new CairnError(message, {
    code: full ? "no-space" : "unwritable-path",
    kind: full ? "exhausted" : "input",
    next: full ? "Free space, or choose another destination." : "Choose another destination.",
    details: { path, system: system.code },
    cause,
  });
}

export function wrongBlocks(what: string): CairnError {
  return new CairnError(`the data is not what the manifest describes: ${what}`, {
    code: "corrupt-block",
    kind: "corrupt",
    next: "Fetch the data again from other providers.",
  });
}
