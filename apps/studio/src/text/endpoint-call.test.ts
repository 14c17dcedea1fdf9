import { deepEqual, equal, match } from "node:assert/strict";
import { test } from "node:test";
import { endpointCallOf } from "./endpoint-call.ts";
import { endpointSnippet } from "./endpoint-snippet.ts";

test("a generation of an endpoint says which, and with what input; one of a model does not", () => {
  const request_body = JSON.stringify({ messages: [], metadata: { input: '{"message":"hi"}' } });
  deepEqual(endpointCallOf({ request_model: "endpoint/support/triage", request_body }), {
    name: "support/triage",
    input: { message: "hi" },
  });
  equal(endpointCallOf({ request_model: "local/spark", request_body }), undefined);
  for (const odd of ["", "{", "{}", "4", '{"metadata":{"input":"{"}}', '{"metadata":{"input":5}}'])
    equal(endpointCallOf({ request_model: "endpoint/a", request_body: odd }), undefined, odd);
});

test("a call of an endpoint is a program in each language, whatever stands in its input", () => {
  const snippet = endpointSnippet("support/triage", { message: "it's `${1}`", tags: [] }, "http://localhost:4400");
  match(snippet("curl"), /^curl http:\/\/localhost:4400\/endpoints\/support\/triage[^]*it'\\''s/);
  match(snippet("TypeScript"), /message: "it's `\$\{1\}`"/);
  match(snippet("Python"), /"message": "it's `\$\{1\}`"/);
});
