import assert from "node:assert/strict";
import net from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { after, before, describe, test } from "node:test";
import { createUpstream } from "./upstream.ts";
import type { Upstream, UpstreamCall, UpstreamOptions, UpstreamRequest } from "./upstream.ts";
import { UpstreamError } from "./upstream-error.ts";

const TIMEOUTS = { connect: 300, first_byte: 300, idle: 300, total: 2000 };
const OK = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

/** A server that gives each request, by its number, to a handler of the test. */
interface Server {
  origin: string;
  sockets: Set<Socket>;
  opened: number;
  requests: string[];
  handle: (socket: Socket, request: number, text: string) => void;
  close(): Promise<void>;
}

async function startServer(): Promise<Server> {
  const listener = net.createServer((socket) => {
    server.sockets.add(socket);
    server.opened++;
    socket.on("error", () => {});
    socket.on("close", () => server.sockets.delete(socket));
    socket.on("data", (data) => server.handle(socket, server.requests.push(data.toString()), data.toString()));
  });
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  const server: Server = {
    origin: `http://127.0.0.1:${(listener.address() as AddressInfo).port}`,
    sockets: new Set(),
    opened: 0,
    requests: [],
    handle: (socket) => socket.write(OK),
    close: () =>
      new Promise((resolve) => {
        listener.close(() => resolve());
        for (const socket of server.sockets) socket.destroy();
      }),
  };
  return server;
}

interface Outcome {
  status: number;
  body: string;
  error?: UpstreamError;
}

function call(
  upstream: Upstream,
  origin: string,
  changes: Partial<UpstreamRequest> = {},
  onCall?: (call: UpstreamCall) => void,
): Promise<Outcome> {
  const { promise, resolve } = Promise.withResolvers<Outcome>();
  const outcome: Outcome = { status: 0, body: "" };
  const made = upstream.request(
    {
      origin,
      method: "POST",
      path: "/v1/x",
      headers: ["x-a", "1"],
      body: [Buffer.from("hello")],
      timeouts: TIMEOUTS,
      ...changes,
    },
    {
      onHead: (status) => (outcome.status = status),
      onData: (chunk) => (outcome.body += chunk.toString()),
      onEnd: () => resolve(outcome),
      onError: (error) => resolve({ ...outcome, error }),
    },
  );
  onCall?.(made);
  return promise;
}

async function withServer(
  options: UpstreamOptions,
  body: (upstream: Upstream, server: Server) => Promise<void>,
): Promise<void> {
  const server = await startServer();
  const upstream = createUpstream(options);
  try {
    await body(upstream, server);
  } finally {
    upstream.close();
    await server.close();
  }
}

async function eventually(check: () => boolean, what: string): Promise<void> {
  for (let i = 0; i < 500; i++) {
    if (check()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assert.fail(`never happened: ${what}`);
}

describe("connections", () => {
  test("are reused one after the other, the last one first", () =>
    withServer({}, async (upstream, server) => {
      for (let i = 0; i < 5; i++) assert.equal((await call(upstream, server.origin)).body, "ok");
      assert.equal(server.opened, 1);
      assert.deepEqual(upstream.stats(), { connections: 1, idle: 1 });
    }));

  test("are opened up to the cap; further calls wait, and too many are refused", () =>
    withServer({ connections: 2, waiting: 2 }, async (upstream, server) => {
      server.handle = (socket) => setTimeout(() => socket.write(OK), 50);
      const outcomes = await Promise.all(Array.from({ length: 5 }, () => call(upstream, server.origin)));
      assert.equal(server.opened, 2);
      assert.deepEqual(outcomes.map((outcome) => outcome.error?.kind ?? outcome.body).sort(), [
        "ok",
        "ok",
        "ok",
        "ok",
        "overloaded",
      ]);
    }));

  test("are closed when idle for too long", () =>
    withServer({ idleMs: 50 }, async (upstream, server) => {
      await call(upstream, server.origin);
      await eventually(() => upstream.stats().connections === 0 && server.sockets.size === 0, "the pool is empty");
    }));

  test("are not reused once the server says so", () =>
    withServer({}, async (upstream, server) => {
      server.handle = (socket) => socket.write(OK.replace("\r\n\r\n", "\r\nkeep-alive: timeout=1\r\n\r\n"));
      await call(upstream, server.origin);
      await call(upstream, server.origin);
      assert.equal(server.opened, 2);
    }));

  test("with bytes nobody asked for are dropped, and the bytes answer nobody", () =>
    withServer({ connections: 1 }, async (upstream, server) => {
      server.handle = (socket, request) =>
        socket.write(request === 1 ? `${OK}HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil` : OK);
      const outcomes = await Promise.all([call(upstream, server.origin), call(upstream, server.origin)]);
      assert.deepEqual(
        outcomes.map((outcome) => outcome.body),
        ["ok", "ok"],
      );
      assert.equal(server.opened, 2);
    }));
});

describe("a request", () => {
  test("is written exactly once, with the headers that are ours", () =>
    withServer({}, async (upstream, server) => {
      await call(upstream, server.origin);
      assert.equal(
        server.requests[0],
        `POST /v1/x HTTP/1.1\r\nhost: ${server.origin.slice(7)}\r\nx-a: 1\r\ncontent-length: 5\r\naccept-encoding: identity\r\nconnection: keep-alive\r\n\r\nhello`,
      );
    }));

  test("with a line break in a header or the path is refused", () => {
    const upstream = createUpstream();
    for (const changes of [
      { headers: ["x-a", "1\r\nx-b: 2"] },
      { headers: ["x\n", "1"] },
      { path: "/a b" },
      { path: "/a\r\nb" },
    ]) {
      assert.throws(() => void call(upstream, "http://127.0.0.1:1", changes), TypeError);
    }
  });

  test("is sent again, once, when a reused connection turns out dead", () =>
    withServer({}, async (upstream, server) => {
      server.handle = (socket, request) => (request === 2 ? socket.destroy() : socket.write(OK));
      await call(upstream, server.origin);
      assert.equal((await call(upstream, server.origin)).body, "ok");
      assert.equal(server.requests.length, 3);
    }));

  test("is not sent again when a fresh connection dies, or after the first byte", () =>
    withServer({}, async (upstream, server) => {
      server.handle = (socket) => socket.destroy();
      assert.equal((await call(upstream, server.origin)).error?.kind, "reset");
      assert.equal(server.requests.length, 1);
      server.handle = (socket, request) => (request === 2 ? socket.write(OK) : socket.end("HTTP/1.1 200 OK\r\n"));
      await call(upstream, server.origin);
      assert.equal((await call(upstream, server.origin)).error?.kind, "truncated");
      assert.equal(server.requests.length, 3);
    }));
});

describe("an answer that does not come", () => {
  const cases: [what: string, answer: string | null, phase: string][] = [
    ["at all", null, "first_byte"],
    ["beyond its head", "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n", "idle"],
  ];
  for (const [what, answer, phase] of cases) {
    test(`${what} runs into the ${phase} timeout and closes the connection`, () =>
      withServer({}, async (upstream, server) => {
        server.handle = (socket) => answer && socket.write(answer);
        const { error } = await call(upstream, server.origin);
        assert.deepEqual([error?.kind, error?.phase, error?.ms], ["timeout", phase, 300]);
        await eventually(() => server.sockets.size === 0, "the connection is closed");
        assert.equal(upstream.stats().connections, 0);
      }));
  }

  test("in full runs into the total timeout, however busy it is", () =>
    withServer({}, async (upstream, server) => {
      server.handle = (socket) => {
        socket.write("HTTP/1.1 200 OK\r\n\r\n");
        const timer = setInterval(() => socket.write("x"), 50);
        socket.on("close", () => clearInterval(timer));
      };
      const { error } = await call(upstream, server.origin, { timeouts: { ...TIMEOUTS, total: 500 } });
      assert.equal(error?.phase, "total");
    }));

  test("because nobody listens is a connect error with the system's code", async () => {
    const server = await startServer();
    await server.close();
    const { error } = await call(createUpstream(), server.origin);
    assert.deepEqual([error?.kind, error?.code], ["connect", "ECONNREFUSED"]);
  });

  test("because it is cut off is an error, never an end", () =>
    withServer({}, async (upstream, server) => {
      server.handle = (socket) => socket.end("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n");
      const outcome = await call(upstream, server.origin);
      assert.deepEqual([outcome.body, outcome.error?.kind], ["abc", "truncated"]);
    }));
});

describe("a caller", () => {
  test("that aborts closes the connection at once and hears nothing more", () =>
    withServer({}, async (upstream, server) => {
      server.handle = () => {};
      let heard = false;
      void call(upstream, server.origin, {}, (made) => setTimeout(() => made.abort(), 50)).then(() => (heard = true));
      await eventually(() => server.requests.length === 1, "the request arrived");
      await eventually(() => server.sockets.size === 0, "the connection is closed");
      await new Promise((resolve) => setTimeout(resolve, 400));
      assert.equal(heard, false);
    }));

  test("that pauses slows the server down, without running into the idle timeout", () =>
    withServer({}, async (upstream, server) => {
      const size = 40_000_000;
      server.handle = (socket) => socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${size}\r\n\r\n${"x".repeat(size)}`);
      let got = 0;
      const done = Promise.withResolvers<void>();
      const made = upstream.request(
        { origin: server.origin, method: "POST", path: "/", headers: [], body: [], timeouts: TIMEOUTS },
        {
          onHead: () => made.pause(),
          onData: (chunk) => (got += chunk.length),
          onEnd: () => done.resolve(),
          onError: (error) => done.reject(error),
        },
      );
      await new Promise((resolve) => setTimeout(resolve, 500));
      assert.ok(got < size / 2, `${got} bytes came while paused`);
      made.resume();
      await done.promise;
      assert.equal(got, size);
    }));
});

describe("TLS", () => {
  let server: Server;
  before(async () => {
    server = await startServer();
    server.handle = (socket) => socket.destroy(); // answers no handshake
  });
  after(() => server.close());

  test("that cannot be set up is a connect error, and nothing is sent", async () => {
    const { error } = await call(createUpstream(), server.origin.replace("http:", "https:"));
    assert.equal(error?.kind, "connect");
    assert.ok(server.requests.every((text) => !text.includes("hello")));
  });
});
