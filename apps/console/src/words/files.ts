export const files = {
  title: "Files",
  lead: "Names are encrypted: the gateway does not know them.",
  empty: {
    title: "No files yet",
    body: "The folders and files of all your packages will stand here as one tree. `cairn put FOLDER` stores a folder.",
  },
  packages: "Your packages",
} as const;
