import { Link } from "@tanstack/react-router";
import { uploads as words } from "../words/upload.ts";
import { useUploads } from "./upload-list.ts";

/** On every page, while something goes on: what, and the way to it. */
export function UploadBadge() {
  const all = useUploads();
  const offered = all.filter(({ stage }) => stage.at === "offered").length;
  const sending = all.flatMap(({ stage }) => (stage.at === "sending" || stage.at === "committing" ? [stage] : []));
  const placing = all.filter(({ stage }) => stage.at === "placing" || stage.at === "reading").length;
  const done = sending.reduce((sum, stage) => sum + stage.done, 0);
  const total = sending.reduce((sum, stage) => sum + stage.total, 0);
  const percent = total === 0 ? 0 : Math.floor((done / total) * 100);
  const text =
    offered > 0
      ? words.badge.answer(offered)
      : sending.length === 1
        ? words.badge.sending(percent)
        : sending.length > 1
          ? words.badge.several(sending.length, percent)
          : placing > 0
            ? words.badge.placing(placing)
            : undefined;
  return text === undefined ? null : (
    <Link to="/upload" className="upload-badge numbers" data-asks={offered > 0}>
      {text}
    </Link>
  );
}
