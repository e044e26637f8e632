import type { PackageJson } from "@cairn/client";
import { useQuery } from "@tanstack/react-query";
import { useCallback, useEffect, useSyncExternalStore } from "react";
import { client } from "../api/client.ts";
import { openOwner, useKeysState } from "../keys/keys.ts";

/** A package's name is in its label, encrypted to the key of whoever stored it. */
export type Labelled = Pick<PackageJson, "id" | "label">;

/** Reads a name as it is shown; undefined where it cannot be read here. */
type ReadName = (of: Labelled) => string | undefined;

const unread: ReadName = () => undefined;
let read: ReadName = unread;
/** The opening of the key that `read` is of. */
let openedFor: string | undefined;
const listeners = new Set<() => void>();
const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

function become(next: ReadName): void {
  read = next;
  for (const one of listeners) one();
}

/** Names are read with the key that is open now; who was asked for none is not asked for it. */
async function open(fingerprint: string): Promise<void> {
  if (openedFor === fingerprint) return;
  openedFor = fingerprint;
  try {
    const [{ nameOf }, { displayName }, { lookupKey }] = await Promise.all([
      import("@cairn/owner/package-name"),
      import("@cairn/archive/browser"),
      openOwner(""),
    ]);
    if (openedFor !== fingerprint) return;
    const names = new Map<string, string>();
    become(({ id, label }) => {
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
    // It was locked meanwhile: names stay unread.
    close();
  }
}

function close(): void {
  if (openedFor === undefined) return;
  openedFor = undefined;
  become(unread);
}

/** How this page reads names now: not at all while the key is locked. */
export function useNames(): ReadName {
  const state = useKeysState();
  const fingerprint = state.at === "held" && state.openUntil !== null ? state.held.fingerprint : undefined;
  useEffect(() => {
    if (fingerprint === undefined) close();
    else void open(fingerprint);
  }, [fingerprint]);
  return useSyncExternalStore(
    subscribe,
    useCallback(() => read, []),
  );
}

/** Whether names can be read now. */
export const useHasNames = (): boolean => useNames() !== unread;

/** The packages whose names contain a text, whatever the case; undefined where nothing is looked for, or until they are known. */
export function useFoundNames(part: string | undefined): string[] | undefined {
  const readName = useNames();
  const { data } = useQuery({
    queryKey: ["packages", "all"],
    queryFn: () => client.packages(true),
    enabled: part !== undefined && readName !== unread,
  });
  if (part === undefined || data === undefined || readName === unread) return undefined;
  const wanted = part.normalize("NFC").toLowerCase();
  return data
    .filter((one) => readName(one)?.normalize("NFC").toLowerCase().includes(wanted) === true)
    .map(({ id }) => id);
}
