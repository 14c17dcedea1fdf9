import { type EndpointSources, readEndpoints, type TypesRead } from "./read.ts";

// Keeps the bundler and the type checker loaded between edits. It reads a project's code and never runs it.

export interface ReadQuestion {
  id: number;
  dir: string;
}

export interface ReadAnswer {
  id: number;
  sources: EndpointSources;
}

process.on("disconnect", () => process.exit(0));
process.on("SIGINT", () => {});
process.on("message", (question: ReadQuestion) => {
  void readEndpoints(question.dir, readTypes).then((sources) => {
    process.send?.({ id: question.id, sources } satisfies ReadAnswer);
  });
});

/** Until types are read: any input, and text. */
function readTypes(_dir: string, files: readonly string[]): TypesRead {
  return { types: Object.fromEntries(files.map((file) => [file, { input: true, output: null }])), diagnostics: [] };
}
