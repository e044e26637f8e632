export const packages = {
  title: "Packages",
  lead: "Each is a folder as it was when you stored it.",
  one: (id: string) => `Package ${id}`,
  columns: { id: "Package", state: "State", bytes: "Size", files: "Files", created: "Stored", expires: "Paid until" },
  empty: {
    title: "No packages yet",
    body: "A package is one folder, encrypted before it leaves your hands and kept by several providers. `cairn put FOLDER` stores one.",
  },
  states: {
    STORED: "at full strength",
    DEGRADED: "not at full strength",
    PLACING: "being placed",
    LOST: "lost",
  } as Record<string, string>,
  facts: {
    state: "State",
    shards: "Live shards",
    size: "Size",
    files: "Files",
    created: "Made",
    stored: "Stored",
    expires: "Paid until",
    root: "Root",
  },
  shards: (live: number, full: number, needed: number) => `${live} of ${full}; ${needed} give it back`,
} as const;
