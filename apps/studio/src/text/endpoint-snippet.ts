import type { Json } from "./json.ts";
import { curl, objectLiteral, pythonLiteral, type SnippetLanguage } from "./snippet.ts";

/** A call of a typed endpoint as a program; the key is read from `$FLYWHEEL_KEY`. No package is needed. */
export function endpointSnippet(name: string, input: Json, origin: string): (language: SnippetLanguage) => string {
  const path = `/endpoints/${name.split("/").map(encodeURIComponent).join("/")}`;
  const url = JSON.stringify(origin + path);
  return (language) => {
    if (language === "curl") return curl({ body: JSON.stringify(input), url: origin + path });
    return (language === "TypeScript" ? typescript(url, input) : python(url, input)).join("\n");
  };
}

const typescript = (url: string, input: Json): string[] => [
  `const response = await fetch(${url}, {`,
  `  method: "POST",`,
  `  headers: { authorization: \`Bearer \${process.env.FLYWHEEL_KEY}\`, "content-type": "application/json" },`,
  `  body: JSON.stringify(${objectLiteral(input).replaceAll("\n", "\n  ")}),`,
  "});",
  "console.log(await response.json());",
  "",
];

const python = (url: string, input: Json): string[] => [
  "import json, os, urllib.request",
  "",
  "request = urllib.request.Request(",
  `    ${url},`,
  `    data=json.dumps(${pythonLiteral(input, 1)}).encode(),`,
  `    headers={"authorization": "Bearer " + os.environ["FLYWHEEL_KEY"], "content-type": "application/json"},`,
  ")",
  "with urllib.request.urlopen(request) as response:",
  "    print(json.load(response))",
  "",
];
