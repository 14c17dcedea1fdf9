import { openTypeReader, type TypeReader } from "@flywheel/schema/types";
import { AMBIENT, FRAMEWORK } from "../framework.ts";
import { type EndpointSources, readEndpoints, type TypesRead } from "./read.ts";

// Keeps the bundler and the type checker loaded between edits. It reads a project's code and never runs it.

export interface ReadQuestion {
  id: number;
  dir: string;
  /** Files that are not to be looked at, relative to the project. */
  without: readonly string[];
  /** Nothing is to be read yet, and nothing is answered: the type checker loads what every project needs. */
  isRehearsal?: boolean;
}

export interface ReadAnswer {
  id: number;
  sources: EndpointSources;
}

process.on("disconnect", () => process.exit(0));
process.on("SIGINT", () => {});
process.on("message", (question: ReadQuestion) => {
  if (question.isRehearsal) return void readTypes(question.dir, []);
  void readEndpoints(question.dir, question.without, readTypes).then((sources) => {
    process.send?.({ id: question.id, sources } satisfies ReadAnswer);
  });
});

let reader: { dir: string; types: TypeReader } | undefined;

function readTypes(dir: string, files: readonly string[]): TypesRead {
  if (reader?.dir !== dir) {
    reader?.types.close();
    reader = { dir, types: openTypeReader({ dir, modules: FRAMEWORK, ambient: AMBIENT }) };
  }
  return reader.types.readEndpoints(files);
}
