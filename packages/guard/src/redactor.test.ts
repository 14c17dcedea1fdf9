import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { RedactionPattern } from "@flywheel/protocol";
import { BUILT_IN_PATTERNS, type BuiltInPattern, type Pattern } from "flywheel";
import { createRedactor } from "./redactor.ts";

function builtIn(name: BuiltInPattern): RedactionPattern {
  const { pattern, check }: Pattern = BUILT_IN_PATTERNS[name];
  return { name, pattern: pattern.source, replacement: `[${name}]`, ...(check ? { check } : {}) };
}

const NAMES = Object.keys(BUILT_IN_PATTERNS) as BuiltInPattern[];
const everything = createRedactor(NAMES.map(builtIn));

/** A chat stream with one event per piece. */
function chatStream(pieces: string[], index = 0): string {
  const events = pieces.map(
    (content) => `data: ${JSON.stringify({ id: "c1", choices: [{ index, delta: { content } }] })}\n\n`,
  );
  return `${events.join("")}data: [DONE]\n\n`;
}

function contentOf(stream: string, index = 0): string {
  const payloads = [...stream.matchAll(/^data: (\{.*)$/gm)].map((match) => JSON.parse(match[1]!));
  return payloads
    .flatMap(({ choices }) => choices)
    .filter((choice) => choice.index === index)
    .map((choice) => choice.delta.content)
    .join("");
}

describe("a JSON body", () => {
  test("keeps every byte but the redacted texts", () => {
    const body = '{ "big": 12345678901234567890,\n "n": 1.0, "messages":[{"content":"I am ann@example.com, ok"}] }';
    const redacted = everything.body(body);
    assert.equal(redacted.text, body.replace("ann@example.com", "[email]"));
    assert.equal(redacted.count, 1);
  });

  test("is matched decoded, so that an escape hides nothing", () => {
    const { text } = everything.body('{"content":"ann\\u0040example.com says \\"hi\\""}');
    assert.deepEqual(JSON.parse(text), { content: '[email] says "hi"' });
  });

  test("stays valid when a replacement has quotes and line breaks", () => {
    const redactor = createRedactor([{ name: "x", pattern: "secret", replacement: '"x"\n\\' }]);
    assert.deepEqual(JSON.parse(redactor.body('{"a":["the secret"]}').text), { a: ['the "x"\n\\'] });
  });

  test("is redacted within JSON that is held in a string", () => {
    const inner = JSON.stringify({ to: "ann@example.com", note: 'say "hi"' }).replace("@", "\\u0040");
    const body = JSON.stringify({ function: { arguments: inner } });
    const { arguments: redacted } = JSON.parse(everything.body(body).text).function;
    assert.deepEqual(JSON.parse(redacted), { to: "[email]", note: 'say "hi"' });
  });

  test("is redacted in keys and in numbers", () => {
    const { text, count } = everything.body('{"ann@example.com": 4111111111111111}');
    assert.deepEqual(JSON.parse(text), { "[email]": "[card]" });
    assert.equal(count, 2);
  });

  test("is redacted where it is cut off in the middle", () => {
    for (const body of [
      '{"a":"mail ann@example.com',
      '{"a":"ann\\u0040example.com and \\u00',
      '{"a": ann@example.com',
    ]) {
      const { text } = everything.body(body);
      assert.match(text, /\[email\]/);
      assert.doesNotMatch(text, /example/);
    }
  });

  test("may nest a hundred thousand levels deep", () => {
    const deep = `${"[".repeat(100_000)}"ann@example.com"${"]".repeat(100_000)}`;
    assert.equal(everything.body(deep).count, 1);
  });
});

describe("an event stream", () => {
  test("without a match keeps its bytes", () => {
    const stream = `: hello\r\n\r\nevent: x\r\ndata:{"a" : "b"}\r\n\r\n${chatStream(["one ", "two"])}`;
    assert.deepEqual(everything.body(stream), { text: stream, count: 0 });
  });

  test("hides a secret however it is split over events", () => {
    const secret = "Card 4111 1111 1111 1111, mail ann@example.com.";
    for (let size = 1; size < 12; size++) {
      const pieces = secret.match(new RegExp(`[^]{1,${size}}`, "g"))!;
      const redacted = everything.body(chatStream(pieces));
      assert.equal(contentOf(redacted.text), "Card [card], mail [email].", `pieces of ${size}`);
      assert.equal(redacted.count, 2);
      assert.ok(redacted.text.endsWith("data: [DONE]\n\n"));
    }
  });

  test("keeps several choices apart, also where the index comes last", () => {
    const event = (index: number, content: string) =>
      `data: {"choices":[{"delta":{"content":"${content}"},"index":${index}}]}\n\n`;
    const { text } = everything.body(
      event(0, "ann@") + event(1, "bob@") + event(0, "example.com") + event(1, "example.org"),
    );
    assert.equal(contentOf(text, 0), "[email]");
    assert.equal(contentOf(text, 1), "[email]");
  });

  test("hides what is split over the arguments of a tool call, which stay JSON", () => {
    const call = (args: string) => ({
      choices: [{ index: 0, delta: { tool_calls: [{ index: 0, function: { arguments: args } }] } }],
    });
    const parts = ['{"to":"ann', "\\u0040exam", 'ple.com","n":', "1}"];
    const stream = parts.map((part) => `data: ${JSON.stringify(call(part))}\n\n`).join("");
    const payloads = everything
      .body(stream)
      .text.trim()
      .split("\n\n")
      .map((line) => JSON.parse(line.slice(6)));
    const args = payloads.map((payload) => payload.choices[0].delta.tool_calls[0].function.arguments).join("");
    assert.deepEqual(JSON.parse(args), { to: "[email]", n: 1 });
  });

  const DIALECTS: Record<string, (piece: string) => unknown> = {
    anthropic: (text) => ({ type: "content_block_delta", index: 1, delta: { type: "text_delta", text } }),
    "anthropic's tool input": (partial_json) => ({ type: "content_block_delta", index: 2, delta: { partial_json } }),
    responses: (delta) => ({
      type: "response.output_text.delta",
      item_id: "m1",
      output_index: 0,
      content_index: 0,
      delta,
    }),
    gemini: (text) => ({ candidates: [{ content: { parts: [{ text }], role: "model" }, index: 0 }] }),
  };
  for (const [dialect, event] of Object.entries(DIALECTS)) {
    test(`of ${dialect} hides a secret that is split`, () => {
      const pieces = ["mail ann", "@exam", "ple.com", " today"];
      const { text, count } = everything.body(
        pieces.map((piece) => `data: ${JSON.stringify(event(piece))}\n\n`).join(""),
      );
      assert.equal(count, 1);
      assert.deepEqual(
        text.trim().split("\n\n"),
        ["mail [email]", "", "", " today"].map((piece) => `data: ${JSON.stringify(event(piece))}`),
      );
    });
  }

  test("hides what stands whole in several events", () => {
    const { text, count } = everything.body(chatStream(["4111111111111111", "4111111111111111"]));
    assert.doesNotMatch(text, /4111/);
    assert.ok(count >= 1);
  });

  test("is redacted where it breaks off in the middle of an event", () => {
    const whole = chatStream(["mail ann@exam", "ple.com now"]);
    const cut = whole.slice(0, whole.indexOf(" now"));
    assert.doesNotMatch(everything.body(cut).text, /ann@|ple\.com/);
  });

  test("may hold hundreds of thousands of matches in one event, in data that is damaged too", () => {
    const mails = "ann@example.com ".repeat(200_000);
    for (const data of [JSON.stringify({ a: mails }), `{"a": "${mails}`, mails, `{ ${mails}`]) {
      assert.ok(everything.body(`data: ${data}\n\n`).count >= 1);
      assert.doesNotMatch(everything.body(`data: ${data}\n\n: ${mails}`).text, /ann@/);
    }
  });

  test("of plain text is one text", () => {
    const { text } = everything.body("data: ann@exam\n\ndata: ple.com\n\n");
    assert.equal(text, "data: [email]\n\ndata: \n\n");
  });

  test("may spread the data of an event over lines", () => {
    const { text } = everything.body('data: {"a":\ndata: "ann@example.com"}\n\n');
    assert.equal(text, 'data: {"a":\ndata: "[email]"}\n\n');
  });
});

describe("bytes", () => {
  test("that are UTF-8 are redacted as a body", () => {
    const bytes = everything.bytes(Buffer.from('{"a":"über ann@example.com"}'));
    assert.equal(Buffer.from(bytes).toString(), '{"a":"über [email]"}');
  });

  test("that are not text keep everything but the match", () => {
    const redacted = everything.bytes(
      Buffer.concat([Buffer.from([0xff, 0x00, 0x20]), Buffer.from("ann@example.com"), Buffer.from([0x20, 0xc3])]),
    );
    assert.deepEqual([...redacted], [0xff, 0x00, 0x20, ...Buffer.from("[email]"), 0x20, 0xc3]);
  });
});

describe("patterns", () => {
  test("that overlap leave nothing of either match", () => {
    const redactor = createRedactor([
      { name: "a", pattern: "abc", replacement: "A" },
      { name: "b", pattern: "cde", replacement: "B" },
    ]);
    assert.equal(redactor.text("xabcdex").text, "xAx");
  });

  test("that match nothing are not looped on, between the halves of a character either", () => {
    const redactor = createRedactor([{ name: "empty", pattern: "x*", replacement: "-" }]);
    assert.deepEqual(redactor.text("a😀xx"), { text: "a😀-", count: 1 });
  });

  test("that are not regular expressions are refused with their name", () => {
    const bad = () => createRedactor([{ name: "ticket", pattern: "(", replacement: "" }]);
    assert.throws(bad, { code: "config_invalid", message: /ticket.*Unterminated group/ });
  });

  test("give the same result when applied to their own result", () => {
    const once = everything.text("ann@example.com +49 30 1234567 4111 1111 1111 1111").text;
    assert.deepEqual(everything.text(once), { text: once, count: 0 });
  });
});

describe("built-in patterns", () => {
  const FOUND: Record<BuiltInPattern, string[]> = {
    email: ["ann@example.com", "jörg.müller+x@post.example.de", "a_b-c@sub.example.co.uk"],
    phone: [
      "+49 30 1234567",
      "+1 (415) 555-0132",
      "0044 20 7946 0958",
      "(415) 555-0132",
      "415-555-0132",
      "030 1234567",
      "07700 900123",
    ],
    card: ["4111 1111 1111 1111", "4111-1111-1111-1111", "378282246310005", "5555555555554444", "6011111111111117"],
    iban: ["DE89 3704 0044 0532 0130 00", "GB29NWBK60161331926819", "FR14 2004 1010 0505 0001 3M02 606"],
    us_ssn: ["078-05-1120", "078 05 1120"],
    api_key: [
      `sk-proj-${"a1B2".repeat(10)}`,
      `fw_dev_${"A1b2".repeat(10)}x`,
      `ghp_${"a".repeat(36)}`,
      "AKIAIOSFODNN7EXAMPLE",
      `sk_live_${"a1".repeat(12)}`,
      `eyJhbGciOiJIUzI1NiJ9.${"e".repeat(20)}.${"s".repeat(20)}`,
      `-----BEGIN RSA PRIVATE KEY-----\n${"MIIE".repeat(20)}\n`,
    ],
  };

  for (const name of NAMES) {
    test(`find every form of ${name} in the middle of a text`, () => {
      const redactor = createRedactor([builtIn(name)]);
      for (const secret of FOUND[name]) {
        assert.equal(redactor.text(`it is ${secret}.`).text.replace(/\s*\.$/, ""), `it is [${name}]`, secret);
      }
    });
  }

  test("find a number that is followed or preceded by other digits of the same shape", () => {
    assert.equal(everything.text("4111 1111 1111 1111 123").text, "[card] 123");
    assert.equal(everything.text("4111 1111 1111 1111 12/27").text, "[card] 12/27");
    assert.equal(everything.text("2024 4111 1111 1111 1111").text, "2024 [card]");
    assert.equal(everything.text("DE89 3704 0044 0532 0130 00 COBADEFF XXX").text, "[iban] COBADEFF XXX");
  });

  test("leave alone what only looks similar", () => {
    const harmless = [
      "4111 1111 1111 1112, order 4000123412341235, tracking 1Z999AA10123456784",
      "2026-11-22T12:04:31.120Z, 01-02-2024, 12:00-13:30, epoch 1732312345 and 1732312345678",
      "gen_0199a4c2-7b1e-7c33-8a10-5b7f3c1d2e4f 550e8400-e29b-41d4-a716-446655440000",
      "192.168.100.200:8080, version 10.15.7, 2147483647, 3.14159265358979, 1e400",
      "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
      "npm i @types/node@26.6.6, user@localhost, @decorator() a@b, foo@bar",
      "sk-loading-indicator-container-large, npm_config_registry_setting_name, risk-assessment-of-the-2024-portfolio",
      "GB00 0000 0000 0000 0000, AB12CDEF, ISO 9001 2015 certified, 000-12-3456, 123-00-4567",
      "£1,234.56, 12 345 678 people, rooms 201-205, 2024-2025, chapter 4.5.6",
    ];
    for (const text of harmless) assert.deepEqual(everything.text(text), { text, count: 0 });
  });

  test("take linear time on texts made to hurt them", () => {
    const runs = [
      "a",
      "a.",
      "a@",
      "@a.",
      "1",
      "1 ",
      "4 ",
      "+1",
      "A1",
      "AA11 ",
      "eyJ",
      "sk-",
      "sk-a",
      "-----BEGIN ",
      "(",
      "0",
    ];
    for (const run of runs) {
      const text = run.repeat(Math.ceil(400_000 / run.length));
      const began = process.cpuUsage();
      everything.text(text);
      const { user } = process.cpuUsage(began);
      // Quadratic would be hours; the bound only has to tell the two apart.
      assert.ok(user < 20_000_000, `${JSON.stringify(run)} took ${user / 1000} ms`);
    }
  });
});
