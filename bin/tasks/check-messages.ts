import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { root } from "./run-program.ts";

const NOT_SHOWN = /\.test\.ts$|\/testing\/|\.suite\.ts$/;
/** A word with one capital, its first: PostgreSQL, OpenPGP and CAIRN_PORT are names, as is Cairn. */
const SENTENCE = /^(?!Cairn\b)[A-Z][a-z]*\s/;

/** The messages of errors are in lower case and without a full stop; what to do next is a sentence. What differs, or undefined. */
export async function checkMessages(): Promise<string | undefined> {
  const wrong = globSync(["packages/*/src/**/*.ts", "apps/*/src/**/*.ts"], { cwd: root })
    .filter((file) => !NOT_SHOWN.test(file.replaceAll("\\", "/")))
    .flatMap((file) => wrongMessages(readFileSync(join(root, file), "utf8")).map((message) => `${file}: ${message}`));
  return wrong.length === 0 ? undefined : wrong.join("\n");
}

/** The messages of a source's errors that begin with a capital or end with a full stop. */
export function wrongMessages(source: string): string[] {
  const wrong: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isNewExpression(node) && node.expression.getText() === "CairnError" && node.arguments?.[0] !== undefined) {
      wrong.push(
        ...textsOf(node.arguments[0])
          .filter(isSentence)
          .map((text) => text.getText()),
      );
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile("source.ts", source, ts.ScriptTarget.Latest, true));
  return wrong;
}

type Text = ts.StringLiteralLike | ts.TemplateExpression;

/** The literals that a message can be. */
function textsOf(node: ts.Expression): Text[] {
  if (ts.isConditionalExpression(node)) return [...textsOf(node.whenTrue), ...textsOf(node.whenFalse)];
  return ts.isStringLiteralLike(node) || ts.isTemplateExpression(node) ? [node] : [];
}

function isSentence(text: Text): boolean {
  const [first, last] = ts.isTemplateExpression(text)
    ? [text.head.text, text.templateSpans.at(-1)?.literal.text ?? ""]
    : [text.text, text.text];
  return SENTENCE.test(first) || last.endsWith(".");
}
