import { useNavigate } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { uploads as words } from "../words/upload.ts";
import { takeDrop } from "./taken.ts";
import { take } from "./uploads.ts";

const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes("Files") === true;

/** Anywhere on any page: what is dropped is about to be stored. */
export function DropTarget() {
  const [over, setOver] = useState(false);
  const navigate = useNavigate();
  useEffect(() => {
    // Entering a child leaves its parent: the page is left when all that was entered is.
    let depth = 0;
    const enter = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      depth += 1;
      setOver(true);
    };
    const leave = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      depth = Math.max(0, depth - 1);
      if (depth === 0) setOver(false);
    };
    const hover = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      if (event.dataTransfer) event.dataTransfer.dropEffect = "copy";
    };
    const drop = (event: DragEvent) => {
      if (!hasFiles(event) || event.dataTransfer === null) return;
      event.preventDefault();
      depth = 0;
      setOver(false);
      const taken = takeDrop(event.dataTransfer);
      if (taken === undefined) return;
      void take(taken);
      void navigate({ to: "/upload" });
    };
    const all = [
      ["dragenter", enter],
      ["dragleave", leave],
      ["dragover", hover],
      ["drop", drop],
    ] as const;
    for (const [type, act] of all) addEventListener(type, act);
    return () => {
      for (const [type, act] of all) removeEventListener(type, act);
    };
  }, [navigate]);
  return over ? (
    <div className="drop-over">
      <div>
        <b>{words.drop}</b>
        <p>{words.dropHint}</p>
      </div>
    </div>
  ) : null;
}
