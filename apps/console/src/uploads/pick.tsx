import { useRef } from "react";
import { Act, Button } from "../kit/index.ts";
import { upload as words } from "../words/upload.ts";
import { hasPicker, pickFolder, type Taken } from "./taken.ts";

export interface PickProps {
  onTaken: (taken: Taken) => void;
  /** On the button that chooses a folder. */
  folder?: string;
  /** Files alone can be chosen, too. */
  files?: boolean;
}

/** Buttons that open the browser's own choosers. */
export function Pick({ onTaken, folder = words.pick.folder, files = true }: PickProps) {
  const folders = useRef<HTMLInputElement>(null);
  const several = useRef<HTMLInputElement>(null);
  const chosen = (input: HTMLInputElement | null) => {
    if (input === null || input.files === null || input.files.length === 0) return;
    onTaken({ by: "files", files: [...input.files] });
    input.value = "";
  };
  const choose = async () => {
    if (!hasPicker()) return folders.current?.click();
    const taken = await pickFolder();
    if (taken !== undefined) onTaken(taken);
  };
  return (
    <div className="row pick">
      <Act kind="main" act={choose}>
        {folder}
      </Act>
      <input
        ref={(element) => {
          folders.current = element;
          element?.setAttribute("webkitdirectory", "");
        }}
        className="unseen"
        type="file"
        tabIndex={-1}
        aria-label={folder}
        onChange={(event) => chosen(event.currentTarget)}
      />
      {files ? (
        <>
          <Button onClick={() => several.current?.click()}>{words.pick.files}</Button>
          <input
            ref={several}
            className="unseen"
            type="file"
            multiple
            tabIndex={-1}
            aria-label={words.pick.files}
            onChange={(event) => chosen(event.currentTarget)}
          />
        </>
      ) : null}
    </div>
  );
}
