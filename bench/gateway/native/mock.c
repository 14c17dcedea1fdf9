/* A provider that answers at once, or at a measured pace: mock [port]. Prints the port it listens on.
   `"stream":true` in the body asks for a stream; "paced" in the model's name for 10 ms to the first of 50 events and 5 ms
   between them. Every stream ends in a usage event and [DONE]. */
#include "wire.h"

enum { EVENTS = 50, FIRST_MS = 10, BETWEEN_MS = 5 };

typedef struct Client {
  int fd, sent;
  Bytes in;
  uint64_t due; /* of the next paced event; 0 = none */
  struct Client *next, *previous;
} Client;

static Client paced = {.next = &paced, .previous = &paced};
static Bytes whole, burst, head, event, last;

static void chunk(Bytes *out, const Bytes *payload) {
  char size[16];
  append(out, size, (size_t)snprintf(size, sizeof size, "%zx\r\n", payload->length));
  append(out, payload->data, payload->length);
  append(out, "\r\n", 2);
}

static void text(Bytes *out, const char *content) { append(out, content, strlen(content)); }

#define HEADERS                                                                                                          \
  "openai-organization: bench\r\nopenai-processing-ms: 12\r\nopenai-version: 2020-10-01\r\nx-ratelimit-limit-requests: " \
  "10000\r\nx-ratelimit-remaining-requests: 9999\r\nx-request-id: req_bench\r\ndate: Mon, 01 Jan 2026 00:00:00 GMT\r\n"
#define USAGE "\"usage\":{\"prompt_tokens\":21,\"completion_tokens\":50,\"total_tokens\":71}"
#define HEAD "{\"id\":\"chatcmpl-bench\",\"object\":\"chat.completion.chunk\",\"created\":1767225600,\"model\":\"bench\",\"system_fingerprint\":\"fp_bench_0123456789\","

static void prepare(void) {
  Bytes body = {0}, one = {0}, tail = {0};
  text(&body, "{\"id\":\"chatcmpl-bench\",\"object\":\"chat.completion\",\"created\":1767225600,\"model\":\"bench\",\"choices\":[{\"index\":0,"
              "\"message\":{\"role\":\"assistant\",\"content\":\"The quick answer to a small question is itself small, and it says no more than what was "
              "asked of it by the one who asked.\",\"refusal\":null},\"logprobs\":null,\"finish_reason\":\"stop\"}]," USAGE
              ",\"system_fingerprint\":\"fp_bench\"}");
  char line[600];
  append(&whole, line, (size_t)snprintf(line, sizeof line, "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %zu\r\n" HEADERS "\r\n", body.length));
  append(&whole, body.data, body.length);
  text(&head, "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\ntransfer-encoding: chunked\r\n" HEADERS "\r\n");
  text(&one, "data: " HEAD "\"choices\":[{\"index\":0,\"delta\":{\"content\":\" word after word\"},\"logprobs\":null,\"finish_reason\":null}],\"obfuscation\":\"aVeryShortPad\"}\n\n");
  chunk(&event, &one);
  text(&tail, "data: " HEAD "\"choices\":[{\"index\":0,\"delta\":{},\"logprobs\":null,\"finish_reason\":\"stop\"}]}\n\n");
  chunk(&last, &tail);
  tail.length = 0;
  text(&tail, "data: " HEAD "\"choices\":[]," USAGE "}\n\n");
  chunk(&last, &tail);
  tail.length = 0;
  text(&tail, "data: [DONE]\n\n");
  chunk(&last, &tail);
  text(&last, "0\r\n\r\n");
  append(&burst, head.data, head.length);
  for (int i = 0; i < EVENTS; i++) append(&burst, event.data, event.length);
  append(&burst, last.data, last.length);
}

static void unlink_paced(Client *client) {
  if (!client->due) return;
  client->next->previous = client->previous;
  client->previous->next = client->next;
  client->due = 0;
}

static void leave(Client *client) {
  unlink_paced(client);
  close(client->fd);
  free(client->in.data);
  free(client);
}

/* Everything here fits into the socket's buffer. */
static int put(Client *client, const Bytes *bytes) { return write(client->fd, bytes->data, bytes->length) == (ssize_t)bytes->length; }

static int answer(Client *client, const char *body, size_t length) {
  int stream = memmem(body, length, "\"stream\":true", 13) != NULL;
  if (!stream) return put(client, &whole);
  if (!memmem(body, length < 4096 ? length : 4096, "paced", 5)) return put(client, &burst);
  client->sent = 0;
  client->due = now_ns() + FIRST_MS * 1000000u;
  client->next = &paced;
  client->previous = paced.previous;
  paced.previous->next = client;
  paced.previous = client;
  return 1;
}

static int pace(Client *client, uint64_t now) {
  if (client->due > now) return 1;
  if (client->sent == 0 && !put(client, &head)) return 0;
  if (client->sent == EVENTS) {
    unlink_paced(client);
    return put(client, &last);
  }
  client->sent++;
  client->due += BETWEEN_MS * 1000000u;
  return put(client, &event);
}

static int receive(Client *client) {
  for (;;) {
    reserve(&client->in, 65536);
    ssize_t got = read(client->fd, client->in.data + client->in.length, 65536);
    if (got == 0) return 0;
    if (got < 0) return errno == EAGAIN;
    client->in.length += (size_t)got;
    for (;;) {
      size_t start = head_length(client->in.data, client->in.length);
      if (!start) break;
      Body body = body_of(client->in.data, start);
      size_t taken = follow(&body, client->in.data + start, client->in.length - start, NULL, NULL);
      if (!body.done) break;
      if (!answer(client, client->in.data + start, taken)) return 0;
      drop(&client->in, start + taken);
    }
  }
}

int main(int count, char **arguments) {
  signal(SIGPIPE, SIG_IGN);
  prepare();
  int listener = listen_on(count > 1 ? atoi(arguments[1]) : 0), poll = epoll_create1(0);
  watch(poll, listener, EPOLLIN, NULL, EPOLL_CTL_ADD);
  struct epoll_event ready[256];
  for (;;) {
    int n = epoll_wait(poll, ready, 256, paced.next == &paced ? -1 : 1);
    for (int i = 0; i < n; i++) {
      Client *client = ready[i].data.ptr;
      if (client) {
        if (!receive(client)) leave(client);
        continue;
      }
      for (int fd; (fd = accept(listener, NULL, NULL)) >= 0;) {
        client = calloc(1, sizeof *client);
        client->fd = fd;
        tune(fd);
        watch(poll, fd, EPOLLIN, client, EPOLL_CTL_ADD);
      }
    }
    uint64_t now = now_ns();
    for (Client *client = paced.next, *next; client != &paced; client = next) {
      next = client->next;
      if (!pace(client, now)) leave(client);
    }
  }
}
