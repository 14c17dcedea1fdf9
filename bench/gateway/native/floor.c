/* A gateway with nothing to spare: what the job itself costs on this machine. floor <upstream's port> <key> <log file> [port]
   It checks the key, finds the model's name and writes the provider's in its place, puts in the provider's key, asks over
   kept connections, passes the answer through as it comes, finds the usage in its last bytes, and appends begin and end
   with both bodies to a log: before it asks, and before the last byte leaves. Single-threaded. No timeouts, no retries,
   no errors worth the name: it is a yardstick, not a gateway. */
#include "wire.h"
#include <sys/uio.h>

struct Upstream;

typedef struct {
  int fd;
  Bytes in, answer;
  struct Upstream *upstream;
  uint64_t since;
} Client;

typedef struct Upstream {
  int fd, whole_head;
  Bytes head;
  Body body;
  Client *client; /* NULL while idle */
  struct Upstream *next;
} Upstream;

typedef struct {
  int upstream; /* which of the two this is */
  void *end;
} Side;

static Upstream *idle;
static int poll_fd, upstream_port, log_fd;
static const char *key;
static uint64_t generations;
static long tokens;

static void record(const char *kind, const char *data, size_t length, const char *more) {
  char head[256];
  int size = snprintf(head, sizeof head, "{\"kind\":\"%s\",\"id\":%llu,\"time\":%llu,\"length\":%zu%s}\n", kind,
                      (unsigned long long)generations, (unsigned long long)now_ns(), length, more);
  struct iovec parts[] = {{head, (size_t)size}, {(void *)data, length}};
  if (writev(log_fd, parts, 2) < 0) abort();
}

static Upstream *upstream(void) {
  Upstream *one = idle;
  if (one) {
    idle = one->next;
    return one;
  }
  one = calloc(1, sizeof *one);
  one->fd = connect_to(upstream_port);
  Side *side = calloc(1, sizeof *side);
  *side = (Side){1, one};
  watch(poll_fd, one->fd, EPOLLIN, side, EPOLL_CTL_ADD);
  return one;
}

static int authorised(const char *head, size_t length) {
  const char *value = header(head, length, "authorization");
  return value && !strncmp(value, "Bearer ", 7) && !strncmp(value + 7, key, strlen(key));
}

/* `"model":"bench/…"` becomes `"model":"…"`: the span between the quotes, found at the top of the object. */
static int model_span(const char *body, size_t length, size_t *from, size_t *to) {
  int depth = 0;
  for (size_t i = 0; i < length; i++) {
    char c = body[i];
    if (c == '{' || c == '[') depth++;
    else if (c == '}' || c == ']') depth--;
    else if (c == '"') {
      size_t start = ++i;
      while (i < length && body[i] != '"') i += body[i] == '\\' ? 2 : 1;
      if (depth != 1 || i - start != 5 || memcmp(body + start, "model", 5)) continue;
      while (++i < length && body[i] != '"');
      *from = ++i;
      while (i < length && body[i] != '"') i++;
      *to = i;
      return 1;
    }
  }
  return 0;
}

static void forward(Client *client, const char *body, size_t length) {
  size_t from = 0, to = 0;
  if (!model_span(body, length, &from, &to)) abort();
  const char *slash = memchr(body + from, '/', to - from);
  size_t name = slash ? (size_t)(slash - body) + 1 : from;
  char head[512];
  int size = snprintf(head, sizeof head,
                      "POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1:%d\r\ncontent-type: application/json\r\naccept: */*\r\n"
                      "authorization: Bearer provider-key\r\nuser-agent: floor\r\ncontent-length: %zu\r\n\r\n",
                      upstream_port, length - (name - from));
  generations++;
  record("begin", body, length, "");
  Upstream *one = upstream();
  one->client = client;
  one->whole_head = 0;
  one->head.length = 0;
  client->upstream = one;
  client->since = now_ns();
  client->answer.length = 0;
  struct iovec parts[] = {{head, (size_t)size}, {(void *)body, from}, {(void *)(body + name), length - name}};
  size_t left = (size_t)size + from + length - name;
  for (int part = 0; left > 0;) { /* a large body may not fit at once */
    ssize_t wrote = writev(one->fd, parts + part, 3 - part);
    if (wrote < 0 && errno == EAGAIN) continue;
    if (wrote < 0) abort();
    left -= (size_t)wrote;
    while (part < 3 && (size_t)wrote >= parts[part].iov_len) wrote -= (ssize_t)parts[part++].iov_len;
    if (part < 3) {
      parts[part].iov_base = (char *)parts[part].iov_base + wrote;
      parts[part].iov_len -= (size_t)wrote;
    }
  }
}

static int from_client(Client *client) {
  reserve(&client->in, 65536);
  ssize_t got = read(client->fd, client->in.data + client->in.length, 65536);
  if (got <= 0) return got < 0 && errno == EAGAIN;
  client->in.length += (size_t)got;
  size_t start = head_length(client->in.data, client->in.length);
  if (!start) return 1;
  Body body = body_of(client->in.data, start);
  size_t taken = follow(&body, client->in.data + start, client->in.length - start, NULL, NULL);
  if (!body.done) return 1;
  if (!authorised(client->in.data, start)) return 0;
  forward(client, client->in.data + start, taken);
  drop(&client->in, start + taken);
  return 1;
}

static void send_all(int fd, const char *data, size_t length) {
  while (length > 0) {
    ssize_t wrote = write(fd, data, length);
    if (wrote < 0 && errno == EAGAIN) continue;
    if (wrote < 0) return;
    data += wrote;
    length -= (size_t)wrote;
  }
}

static void finish(Upstream *one, const char *data, size_t length) {
  Client *client = one->client;
  Bytes *answer = &client->answer;
  size_t tail = answer->length < 4096 ? answer->length : 4096;
  const char *usage = memmem(answer->data + answer->length - tail, tail, "\"completion_tokens\":", 20);
  if (usage) tokens += atol(usage + 20);
  char more[64];
  snprintf(more, sizeof more, ",\"ns\":%llu,\"tokens\":%ld", (unsigned long long)(now_ns() - client->since), tokens);
  record("end", answer->data, answer->length, more);
  send_all(client->fd, data, length);
  client->upstream = NULL;
  one->client = NULL;
  one->next = idle;
  idle = one;
}

static void from_upstream(Upstream *one) {
  static char data[262144];
  if (one->fd < 0) return; /* its client left a moment ago */
  ssize_t got = read(one->fd, data, sizeof data);
  if (got <= 0 || !one->client) {
    if (got < 0 && errno == EAGAIN) return;
    abort();
  }
  size_t at = 0, length = (size_t)got;
  append(&one->client->answer, data, length);
  if (!one->whole_head) {
    size_t before = one->head.length;
    append(&one->head, data, length);
    size_t size = head_length(one->head.data, one->head.length);
    if (!size) {
      send_all(one->client->fd, data, length);
      return;
    }
    one->whole_head = 1;
    one->body = body_of(one->head.data, size);
    at = size - before;
  }
  follow(&one->body, data + at, length - at, NULL, NULL);
  if (one->body.done) finish(one, data, length);
  else send_all(one->client->fd, data, length);
}

int main(int count, char **arguments) {
  if (count < 4) {
    fprintf(stderr, "floor <upstream's port> <key> <log file> [<port>]\n");
    return 2;
  }
  signal(SIGPIPE, SIG_IGN);
  upstream_port = atoi(arguments[1]);
  key = arguments[2];
  log_fd = open(arguments[3], O_CREAT | O_WRONLY | O_TRUNC | O_APPEND, 0600);
  int listener = listen_on(count > 4 ? atoi(arguments[4]) : 0);
  poll_fd = epoll_create1(0);
  watch(poll_fd, listener, EPOLLIN, NULL, EPOLL_CTL_ADD);
  struct epoll_event ready[256];
  for (;;) {
    int n = epoll_wait(poll_fd, ready, 256, -1);
    for (int i = 0; i < n; i++) {
      Side *side = ready[i].data.ptr;
      if (side && side->upstream) from_upstream(side->end);
      else if (side) {
        Client *client = side->end;
        if (from_client(client)) continue;
        if (client->upstream) {
          close(client->upstream->fd);
          client->upstream->fd = -1; /* may still be in this round's list, so it is not freed */
        }
        close(client->fd);
        free(client->in.data);
        free(client->answer.data);
        free(client);
        free(side);
      } else
        for (int fd; (fd = accept(listener, NULL, NULL)) >= 0;) {
          Client *client = calloc(1, sizeof *client);
          side = calloc(1, sizeof *side);
          *side = (Side){0, client};
          client->fd = fd;
          tune(fd);
          watch(poll_fd, fd, EPOLLIN, side, EPOLL_CTL_ADD);
        }
    }
  }
}
