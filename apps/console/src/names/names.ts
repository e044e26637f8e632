import type { PackageJson } from "@cairn/client";
import { useQuery } from "@tanstack/react-query";
import { client } from "../api/client.ts";
import { queryClient } from "../api/query-client.ts";
import { keysState, onKeys, openLookupKey } from "../keys/keys.ts";
import { store } from "../store.ts";

/** A package's name is in its label, encrypted to the key of whoever stored it. */
export type Labelled = Pick<PackageJson, "id" | "label">;

/** Reads a name as it is shown; undefined where it cannot be read here. */
type ReadName = (of: Labelled) => string | undefined;

const unread: ReadName = () => undefined;
const readers = store<ReadName>(unread);
/** The opening of the key that the reader is of. */
let openedFor: string | undefined;

/** Names are read with the key that is open now, which is asked for by nobody: it is looked up, not waited for. */
async function open(fingerprint: string): Promise<void> {
  if (openedFor === fingerprint) return;
  openedFor = fingerprint;
  try {
    const [{ nameOf }, { displayName }] = await Promise.all([
      import("@cairn/owner/package-name"),
      import("@cairn/archive/browser"),
    ]);
    const lookupKey = openLookupKey();
    if (openedFor !== fingerprint) return;
    if (lookupKey === undefined) return close();
    const names = new Map<string, string>();
    readers.set(({ id, label }) => {
      if (label === null) return undefined;
      const key = `${id} ${label}`;
      let name = names.get(key);
      if (name === undefined) {
        name = displayName(nameOf({ lookupKey }, { id, label }));
        names.set(key, name);
      }
      return name;
    });
  } catch {
    // What reads them did not load: names stay unread.
    close();
  }
}

function close(): void {
  if (openedFor === undefined) return;
  openedFor = undefined;
  readers.set(unread);
}

// Whether they are shown or not: a key that is locked leaves no name behind, and nor does a user.
function follow(): void {
  const state = keysState();
  if (state.at === "held" && state.openUntil !== null) void open(state.held.fingerprint);
  else close();
}
onKeys(follow);
follow();

/** How this page reads names now: not at all while the key is locked. */
export const useNames = readers.use;

/** Whether names can be read now. */
export const useHasNames = (): boolean => useNames() !== unread;

const everyPackage = { queryKey: ["packages", "all"], queryFn: () => client.packages(true) };

/** The ids of packages whose names contain a text, whatever the case. */
function named(packages: readonly PackageJson[], part: string, readName: ReadName): string[] {
  const wanted = part.normalize("NFC").toLowerCase();
  return packages
    .filter((one) => readName(one)?.normalize("NFC").toLowerCase().includes(wanted) === true)
    .map(({ id }) => id);
}

/** As `useFoundNames`, at once: for what is typed and not asked for yet. No package where names cannot be read. */
export const findNames = async (part: string): Promise<string[]> =>
  named(await queryClient.ensureQueryData(everyPackage), part, readers.get());

/** The packages whose names contain a text, whatever the case; undefined where nothing is looked for, or until they are known. */
export function useFoundNames(part: string | undefined): string[] | undefined {
  const readName = useNames();
  const { data } = useQuery({ ...everyPackage, enabled: part !== undefined && readName !== unread });
  if (part === undefined || data === undefined || readName === unread) return undefined;
  return named(data, part, readName);
}
