/** A package's name is in its label, encrypted to the key of whoever stored it. */
export interface Labelled {
  id: string;
  label: string | null;
}

/** Reads a name; undefined where it cannot be read here. */
export type ReadName = (of: Labelled) => string | undefined;

const unread: ReadName = () => undefined;

/** How this page reads names now: not at all while the key is locked. */
export const useNames = (): ReadName => unread;

/** Whether names can be read now. */
export const useHasNames = (): boolean => false;

/** Ids of the packages whose names contain a text; undefined where nothing is looked for, or until they are known. */
export const useFoundNames = (_part: string | undefined): string[] | undefined => undefined;
