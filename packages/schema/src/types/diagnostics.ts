import { relative } from "node:path";
import type { Diagnostic } from "@flywheel/protocol";
import type { CheckedProject } from "./checker.ts";
import type { TypeProblem } from "./problem.ts";

const MOST = 50;

/** Ordinary type errors of a project's own files. */
export function typeErrors({ program }: CheckedProject, dir: string): Diagnostic[] {
  const found = [
    ...program.getConfigFileParsingDiagnostics(),
    ...program.getSyntacticDiagnostics(),
    ...program.getSemanticDiagnostics(),
  ];
  return found
    .filter(({ fileName }) => fileName !== undefined && isOwn(dir, fileName))
    .slice(0, MOST)
    .map(({ fileName, pos, text, messageChain }) => ({
      file: relative(dir, fileName!),
      ...placeOf(program, fileName!, pos),
      message: [text, ...(messageChain ?? []).map((each) => each.text)].join(" "),
    }));
}

const isOwn = (dir: string, file: string) => !relative(dir, file).startsWith("..") && !file.includes("/node_modules/");

/** Where a type that cannot be said is written: the nearest place within the project, or the endpoint's own file. */
export function diagnosticOf(
  project: CheckedProject,
  dir: string,
  file: string,
  { node, message, suggestion }: TypeProblem,
): Diagnostic {
  const found = node?.resolve();
  const source = found?.getSourceFile();
  if (!found || !source || !isOwn(dir, source.fileName)) return { file: relative(dir, file), message, suggestion };
  const { line, character } = source.getLineAndCharacterOfPosition(found.getStart(source));
  return { file: relative(dir, source.fileName), line: line + 1, column: character + 1, message, suggestion };
}

function placeOf(
  program: CheckedProject["program"],
  file: string,
  position: number,
): Pick<Diagnostic, "line" | "column"> {
  const source = program.getSourceFile(file);
  if (!source) return {};
  const { line, character } = source.getLineAndCharacterOfPosition(position);
  return { line: line + 1, column: character + 1 };
}
