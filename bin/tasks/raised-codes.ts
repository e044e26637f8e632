import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { root } from "./run-program.ts";

/** A code where a source raises it. */
export interface RaisedCode {
  code: string;
  /** `packages/market`. */
  room: string;
  /** The kind that stands beside it, where it is one literal. */
  kind: string | undefined;
}

/** What tests and their worlds raise is nobody's to meet; the table itself raises nothing. */
const NOT_RAISING = /\.test\.ts$|\/testing\/|\.suite\.ts$|\/error-codes/;

/** Every error code that the sources of the rooms raise: as the member `code` of an error's options, or handed to what makes the error. */
export function raisedCodes(known: ReadonlySet<string>): RaisedCode[] {
  return globSync(["packages/*/src/**/*.ts", "apps/*/src/**/*.ts"], { cwd: root })
    .map((file) => file.replaceAll("\\", "/"))
    .filter((file) => !NOT_RAISING.test(file))
    .flatMap((file) => codesOf(file, known));
}

function codesOf(file: string, known: ReadonlySet<string>): RaisedCode[] {
  const room = file.split("/").slice(0, 2).join("/");
  const codes: RaisedCode[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteral(node) && known.has(node.text)) {
      const place = raisingPlace(node);
      if (place !== undefined) codes.push({ code: node.text, room, kind: kindBeside(place) });
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, readFileSync(join(root, file), "utf8"), ts.ScriptTarget.Latest, true));
  return codes;
}

/** The member or argument that a literal is the value of, through `a ? b : c` and `a ?? b`; undefined where it is only compared or listed. */
function raisingPlace(literal: ts.StringLiteral): ts.Node | undefined {
  let node: ts.Node = literal;
  for (;;) {
    const parent: ts.Node = node.parent;
    if (ts.isPropertyAssignment(parent) && parent.initializer === node) {
      return parent.name.getText() === "code" ? parent : undefined;
    }
    if (ts.isCallExpression(parent))
      return /^(refused?|\w*[eE]rror)$/.test(parent.expression.getText()) ? parent : undefined;
    const chosen =
      (ts.isConditionalExpression(parent) && parent.condition !== node) ||
      (ts.isBinaryExpression(parent) && parent.operatorToken.kind === ts.SyntaxKind.QuestionQuestionToken) ||
      ts.isParenthesizedExpression(parent);
    if (!chosen) return undefined;
    node = parent;
  }
}

function kindBeside(place: ts.Node): string | undefined {
  if (!ts.isPropertyAssignment(place)) return undefined;
  for (const member of place.parent.properties) {
    if (!ts.isPropertyAssignment(member) || member.name.getText() !== "kind") continue;
    return ts.isStringLiteral(member.initializer) ? member.initializer.text : undefined;
  }
  return undefined;
}
