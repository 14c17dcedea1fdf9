import { lookup } from "node:dns/promises";
import { Agent as HttpAgent, type IncomingMessage, request as httpRequest, type RequestOptions } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { BlockList, isIP, isIPv6 } from "node:net";
import type { Fetched, FromRunner, ToRunner } from "./frames.ts";

type Question = Extract<FromRunner, { type: "fetch" }>;

/** Makes the requests of a project's code. */
export interface Broker {
  fetch(question: Question): void;
  /** Nobody waits for the answer to this one any more. */
  cancel(id: number): void;
  /** Ends everything under way. */
  close(): void;
}

export interface BrokerOptions {
  /** With a port where it is not the usual one. */
  hosts: readonly string[];
  timeoutMs: number;
  /** A name's address; by default the system's answer. */
  resolve?(name: string): Promise<string>;
}

const addressOfName = async (name: string) => (await lookup(name)).address;

const MOST_AT_ONCE = 16;
const MOST_REDIRECTS = 5;
const LONGEST_BODY = 4 << 20;

/**
 * Makes requests to the declared hosts and no others, not even where one of them redirects to. A host that is declared by
 * name may not lie at a private address: that address has to be declared, too.
 */
export function createBroker(
  { hosts, timeoutMs, resolve = addressOfName }: BrokerOptions,
  answer: (message: ToRunner) => void,
): Broker {
  const agents = { "http:": new HttpAgent({ keepAlive: true }), "https:": new HttpsAgent({ keepAlive: true }) };
  const open = new Map<number, AbortController>();

  async function tryFetch(question: Question): Promise<Fetched> {
    if (open.size >= MOST_AT_ONCE) throw new Error(`more than ${MOST_AT_ONCE} requests at once`);
    const ending = new AbortController();
    open.set(question.id, ending);
    try {
      return await follow(question, AbortSignal.any([ending.signal, AbortSignal.timeout(timeoutMs)]));
    } finally {
      open.delete(question.id);
    }
  }

  async function follow(question: Question, signal: AbortSignal): Promise<Fetched> {
    let sent = sentAs(question);
    for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
      const address = await addressOf(sent.url, hosts, resolve);
      const agent = agents[sent.url.protocol as keyof typeof agents];
      const response = await once(sent, { agent, signal, ...pinned(address) });
      const next = redirectOf(sent, response);
      if (!next) return await fetchedOf(response, sent.url, redirects > 0);
      response.destroy();
      sent = next;
    }
    throw new Error(`more than ${MOST_REDIRECTS} redirects`);
  }

  return {
    fetch(question) {
      const { id } = question;
      tryFetch(question).then(
        (fetched) => answer({ type: "fetched", id, ...fetched }),
        (error: Error) => answer({ type: "fetched", id, error: `fetch failed: ${error.message}` }),
      );
    },
    cancel: (id) => open.get(id)?.abort(),
    close() {
      for (const ending of open.values()) ending.abort();
      for (const agent of Object.values(agents)) agent.destroy();
    },
  };
}

/** A request as it goes out. */
interface Sent {
  url: URL;
  method: string;
  headers: [string, string][];
  body: Buffer;
}

/** Said by the connection, not by the code. */
const OWN_HEADERS =
  /^(?:host|connection|content-length|transfer-encoding|expect|upgrade|te|trailer|keep-alive|proxy-.*)$/i;

function sentAs({ url, method, headers, body }: Question): Sent {
  const bytes = Buffer.from(body, "base64");
  if (!/^[A-Z]{1,20}$/.test(method) || method === "CONNECT") throw new Error("not a method");
  return { url: new URL(url), method, headers: headers.filter(([name]) => !OWN_HEADERS.test(name)), body: bytes };
}

function once({ url, method, headers, body }: Sent, options: RequestOptions): Promise<IncomingMessage> {
  const request = url.protocol === "https:" ? httpsRequest : httpRequest;
  const flat = [...headers, ["accept-encoding", "identity"], ["host", url.host]];
  if (body.length > 0 || !["GET", "HEAD"].includes(method)) flat.push(["content-length", String(body.length)]);
  return new Promise((resolve, reject) => {
    request(url, { ...options, method, headers: flat.flat() }, resolve)
      .once("error", reject)
      .end(body);
  });
}

/** Connect to the very address that was looked at: a name may mean another one a moment later. */
function pinned(address: string): RequestOptions {
  const family = isIPv6(address) ? 6 : 4;
  return {
    lookup: (_name, options, done) => (options.all ? done(null, [{ address, family }]) : done(null, address, family)),
  };
}

async function fetchedOf(response: IncomingMessage, url: URL, redirected: boolean): Promise<Fetched> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > LONGEST_BODY) throw new Error(`the answer is longer than ${LONGEST_BODY >> 20} MB`);
    chunks.push(chunk);
  }
  const { statusCode, statusMessage, rawHeaders } = response;
  const headers = Array.from({ length: rawHeaders.length / 2 }, (_, i): [string, string] => [
    rawHeaders[2 * i]!,
    rawHeaders[2 * i + 1]!,
  ]);
  const body = Buffer.concat(chunks).toString("base64");
  return { url: url.href, status: statusCode!, statusText: statusMessage ?? "", headers, body, redirected };
}

/** What a browser would ask next; `undefined` where this is the answer. */
function redirectOf({ url, method, headers, body }: Sent, { statusCode, headers: answered }: IncomingMessage) {
  if (![301, 302, 303, 307, 308].includes(statusCode!) || answered.location === undefined) return undefined;
  const next = new URL(answered.location, url);
  const asGet = statusCode === 303 || (statusCode! < 303 && method === "POST");
  const elsewhere = next.origin !== url.origin;
  const dropped = (name: string) =>
    (elsewhere && /^(?:authorization|cookie|.*(?:key|token|secret).*)$/i.test(name)) ||
    (asGet && /^content-/i.test(name));
  return {
    url: next,
    method: asGet && method !== "HEAD" ? "GET" : method,
    headers: headers.filter(([name]) => !dropped(name)),
    body: asGet ? Buffer.alloc(0) : body,
  };
}

const DEFAULT_PORTS: Record<string, string> = { "http:": "80", "https:": "443" };

/** Where to connect to. Throws where the host is not declared, and says what to write. */
async function addressOf(
  { protocol, hostname, port }: URL,
  hosts: readonly string[],
  resolve: (name: string) => Promise<string>,
): Promise<string> {
  const usual = DEFAULT_PORTS[protocol];
  if (usual === undefined) throw new Error(`${protocol} is not http: or https:`);
  const name = hostname.replace(/^\[|\]$/g, "");
  const declared = port === "" || port === usual ? hostname : `${hostname}:${port}`;
  if (!hosts.includes(declared))
    throw new Error(`${declared} is not declared; add it to \`runner.hosts\` in flywheel.config.ts`);
  if (isIP(name)) return name;
  const address = await resolve(name);
  const isDeclared = hosts.some((host) => host.replace(/^\[|\]$|:\d+$/g, "") === address);
  if (name !== "localhost" && isPrivate(address) && !isDeclared)
    throw new Error(
      `${name} lies at ${address}, a private address; to allow that, add "${address}" to \`runner.hosts\`, too`,
    );
  return address;
}

const PRIVATE = privateAddresses();

function privateAddresses(): BlockList {
  const list = new BlockList();
  const v4: [string, number][] = [
    ["0.0.0.0", 8],
    ["10.0.0.0", 8],
    ["100.64.0.0", 10],
    ["127.0.0.0", 8],
    ["169.254.0.0", 16],
    ["172.16.0.0", 12],
    ["192.0.0.0", 24],
    ["192.168.0.0", 16],
    ["198.18.0.0", 15],
    ["224.0.0.0", 3],
  ];
  const v6: [string, number][] = [
    ["::", 127],
    // An IPv4 address of any kind, behind a gateway.
    ["64:ff9b::", 96],
    ["64:ff9b:1::", 48],
    ["fc00::", 7],
    ["fe80::", 10],
    ["ff00::", 8],
  ];
  for (const [net, prefix] of v4) list.addSubnet(net, prefix, "ipv4");
  for (const [net, prefix] of v6) list.addSubnet(net, prefix, "ipv6");
  return list;
}

/** Of this machine or of the network it is in. An IPv4 address written as IPv6 counts as what it means. */
export function isPrivate(address: string): boolean {
  return PRIVATE.check(address, isIPv6(address) ? "ipv6" : "ipv4");
}
