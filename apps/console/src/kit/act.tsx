import { useState } from "react";
import { Button, type ButtonProps } from "./buttons.tsx";
import { Problem } from "./state.tsx";

export interface ActProps extends Omit<ButtonProps, "onClick" | "type"> {
  /** What the button does; what it throws is shown beside the button until it is pressed again. */
  act: () => Promise<unknown>;
}

/** A button for what takes time and may fail: busy meanwhile, and nothing that goes wrong is lost. */
export function Act({ act, busy = false, ...rest }: ActProps) {
  const [isActing, setActing] = useState(false);
  const [fault, setFault] = useState<unknown>();
  const press = async () => {
    setActing(true);
    setFault(undefined);
    try {
      await act();
    } catch (error) {
      setFault(error);
    } finally {
      setActing(false);
    }
  };
  return (
    <>
      <Button {...rest} busy={busy || isActing} onClick={() => void press()} />
      {fault === undefined ? null : <Problem error={fault} />}
    </>
  );
}
