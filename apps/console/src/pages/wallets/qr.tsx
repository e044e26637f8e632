import encodeQR from "qr";

/** Cells of white around it: ISO/IEC 18004, 9.1. */
export const QUIET = 4;

/** The dark cells of a QR code, as the path of an SVG whose unit is a cell, and how many cells its side has. */
export function qrPath(text: string): { side: number; path: string } {
  const cells = encodeQR(text, "raw", { ecc: "medium", border: QUIET });
  const path = cells.flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : ""))).join("");
  return { side: cells.length, path };
}

/** Always dark on white: cameras read few that are not. */
export function Qr({ text, label }: { text: string; label: string }) {
  const { side, path } = qrPath(text);
  return (
    <svg className="qr" role="img" aria-label={label} viewBox={`0 0 ${side} ${side}`} shapeRendering="crispEdges">
      <rect className="qr-paper" width={side} height={side} />
      <path className="qr-ink" d={path} />
    </svg>
  );
}
