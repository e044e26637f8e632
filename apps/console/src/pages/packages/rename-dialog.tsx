import type { PackageDetailJson } from "@cairn/client";
import { useEffect, useState } from "react";
import { client } from "../../api/client.ts";
import { Button, Dialog, Field, Form, faultOf, toast } from "../../kit/index.ts";
import { invalidate } from "../../live/live.ts";
import { ownerPorts } from "../../names/owner-work.ts";
import { naming } from "../../words/packages.ts";

const words = naming.rename;

export interface ActionProps {
  found: PackageDetailJson;
  /** Undefined while it is locked. */
  name: string | undefined;
  open: boolean;
  onClose: () => void;
}

/** Gives another name: nothing else of the package changes, its time neither. */
export function RenameDialog({ found, name, open, onClose }: ActionProps) {
  const [typed, setTyped] = useState("");
  useEffect(() => {
    if (open) setTyped(name ?? "");
  }, [open, name]);
  const rename = async () => {
    const ports = await ownerPorts(words.why);
    const { renamePackage } = await import("@cairn/owner/rename-package");
    const renamed = await renamePackage({ ...ports, gateway: client }, { from: found.id, to: typed });
    toast(words.done(renamed.name));
    invalidate(["packages", "package", "deals"]);
    onClose();
  };
  return (
    <Dialog title={words.title} open={open} onClose={onClose}>
      <p>{words.body}</p>
      <Form onSubmit={rename} fields={["name"]}>
        {({ error, busy }) => (
          <>
            <Field
              label={words.field}
              value={typed}
              fault={faultOf(error, "name")}
              onChange={(event) => setTyped(event.target.value)}
              autoComplete="off"
            />
            <div className="actions">
              <Button onClick={onClose}>{naming.cancel}</Button>
              <Button type="submit" kind="main" busy={busy} disabled={typed.trim() === "" || typed === name}>
                {words.act}
              </Button>
            </div>
          </>
        )}
      </Form>
    </Dialog>
  );
}
