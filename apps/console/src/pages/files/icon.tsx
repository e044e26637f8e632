import type { Kind } from "../../files/kinds.ts";

/** Repeats what the column of types says, for the eye alone. */
const PATHS: Record<Kind | "package", string> = {
  package: "M3 6 10 2.5 17 6v8l-7 3.5L3 14zM3 6l7 3.5L17 6M10 9.5v8",
  folder: "M2.5 5.5v10h15v-8h-8l-2-2z",
  link: "M8 12l4-4M7 9l-2 2a2.8 2.8 0 0 0 4 4l2-2M13 11l2-2a2.8 2.8 0 0 0-4-4L9 7",
  picture: "M3 4h14v12H3zM3 13l4-4 4 4 2-2 4 4M13 7.5h.01",
  video: "M3 4h14v12H3zM8.5 7.5v5l4-2.5z",
  audio: "M8 15V5l8-1.5v10M8 15a2 2 0 1 1-4 0 2 2 0 0 1 4 0zM16 13.5a2 2 0 1 1-4 0 2 2 0 0 1 4 0z",
  document: "M5 2.5h7l3.5 3.5v11.5H5zM12 2.5V6h3.5M7.5 10h5M7.5 13h5",
  text: "M5 2.5h7l3.5 3.5v11.5H5zM7.5 8h2M7.5 11h5M7.5 14h5",
  archive: "M3 4h14v4H3zM4 8v8h12V8M8.5 11h3",
  program: "M3 4h14v12H3zM6 8l2.5 2L6 12M10 12h4",
  other: "M5 2.5h7l3.5 3.5v11.5H5zM12 2.5V6h3.5",
};

export const KindIcon = ({ kind }: { kind: Kind | "package" }) => (
  <svg className="kind-icon" data-kind={kind} viewBox="0 0 20 20" aria-hidden="true">
    <path d={PATHS[kind]} />
  </svg>
);
