import type { ButtonHTMLAttributes } from "react";

export interface ButtonProps extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, "style"> {
  /** One `main` a page or dialog; `danger` for what takes money or data away. */
  kind?: "main" | "danger" | "plain";
  /** What it does is under way: it cannot be pressed again. */
  busy?: boolean;
}

export function Button({ kind, busy = false, disabled, type = "button", className = "", ...rest }: ButtonProps) {
  return (
    <button
      {...rest}
      type={type}
      className={`button ${className}`}
      data-kind={kind}
      disabled={disabled === true || busy}
      aria-busy={busy || undefined}
    />
  );
}
