/* Sends one request again and again and says in one line of JSON how that went:
   load <port> <file with the request's bytes> <connections> <seconds> <requests a second> <events expected> [<file with a request without events>]
   The second request, where there is one, is sent every fifth time.
   Without a rate each connection asks as soon as it is answered; with one, requests are due at fixed times and their
   latency counts from then, so that a gateway that stalls cannot hide it. */
#include "wire.h"

enum { BUCKETS = 64 * 64 };

/* Latencies in buckets of about 1.5 %: 64 for each doubling of a microsecond's 1/8. */
typedef struct {
  uint64_t count[BUCKETS], total;
} Histogram;

static void add(Histogram *histogram, uint64_t ns) {
  uint64_t value = ns / 125 + 1;
  int exponent = 63 - __builtin_clzll(value);
  uint64_t fraction = exponent >= 6 ? (value >> (exponent - 6)) & 63 : (value << (6 - exponent)) & 63;
  histogram->count[exponent * 64 + (int)fraction]++;
  histogram->total++;
}

/* In microseconds. */
static double quantile(const Histogram *histogram, double share) {
  uint64_t wanted = (uint64_t)((double)histogram->total * share), sofar = 0;
  for (int i = 0; i < BUCKETS; i++) {
    sofar += histogram->count[i];
    if (sofar > wanted) return (double)((1ull << (i / 64)) * (64 + (uint64_t)(i % 64))) / 64.0 * 0.125;
  }
  return 0;
}

typedef struct {
  char *data;
  size_t length, events;
} Request;

typedef struct {
  int fd, busy, whole_head, line_at;
  const Request *request;
  size_t events;
  uint64_t since;
  Bytes head;
  Body body;
} Connection;

static Request requests[2];
static Histogram latency, first;
static uint64_t sent, answered, failed, miscounted, began, measuring, ending, period, due;
static int busy;

static void count_events(void *to, const char *data, size_t length) {
  Connection *connection = to;
  for (size_t i = 0; i < length; i++) {
    static const char start[] = "data:";
    if (data[i] == '\n') connection->line_at = 0;
    else if (connection->line_at >= 0 && connection->line_at < 5 && data[i] == start[connection->line_at]) {
      if (++connection->line_at == 5) connection->events++;
    } else connection->line_at = -1;
  }
}

static void ask(Connection *connection, uint64_t since) {
  const Request *request = &requests[requests[1].data && sent % 5 == 4];
  connection->request = request;
  connection->busy = 1;
  busy++;
  sent++;
  connection->since = since;
  connection->whole_head = 0;
  connection->head.length = 0;
  connection->events = 0;
  connection->line_at = 0;
  for (size_t at = 0; at < request->length;) {
    ssize_t wrote = write(connection->fd, request->data + at, request->length - at);
    if (wrote > 0) at += (size_t)wrote;
    else if (errno != EAGAIN) {
      fprintf(stderr, "the connection broke\n");
      exit(1);
    }
  }
}

static void answered_whole(Connection *connection, uint64_t now) {
  connection->busy = 0;
  busy--;
  if (strncmp(connection->head.data + 9, "200", 3)) failed++;
  else if (connection->events != connection->request->events) miscounted++;
  if (connection->since < measuring || now > ending) return;
  answered++;
  add(&latency, now - connection->since);
}

static void receive(Connection *connection) {
  static char data[262144];
  ssize_t got = read(connection->fd, data, sizeof data);
  if (got <= 0) {
    if (got < 0 && errno == EAGAIN) return;
    fprintf(stderr, "the connection was closed\n");
    exit(1);
  }
  size_t at = 0, length = (size_t)got;
  if (!connection->whole_head) {
    size_t before = connection->head.length;
    append(&connection->head, data, length);
    size_t size = head_length(connection->head.data, connection->head.length);
    if (!size) return;
    connection->whole_head = 1;
    connection->body = body_of(connection->head.data, size);
    at = size - before;
    if (connection->since >= measuring) add(&first, now_ns() - connection->since);
  }
  follow(&connection->body, data + at, length - at, connection->request->events ? count_events : NULL, connection);
  if (connection->body.done) answered_whole(connection, now_ns());
}

static void report(uint64_t connections) {
  double seconds = (double)(ending - measuring) / 1e9;
  printf("{\"connections\":%llu,\"seconds\":%.3f,\"sent\":%llu,\"requests\":%llu,\"failed\":%llu,\"miscounted\":%llu,\"per_second\":%.1f",
         (unsigned long long)connections, seconds, (unsigned long long)sent, (unsigned long long)answered, (unsigned long long)failed,
         (unsigned long long)miscounted, (double)answered / seconds);
  const double shares[] = {0.5, 0.9, 0.99, 0.999};
  const char *names[] = {"p50", "p90", "p99", "p999"};
  for (int i = 0; i < 4; i++) printf(",\"%s\":%.1f,\"first_%s\":%.1f", names[i], quantile(&latency, shares[i]), names[i], quantile(&first, shares[i]));
  printf("}\n");
}

static Request read_request(const char *path, size_t events) {
  FILE *file = fopen(path, "rb");
  if (!file) {
    perror(path);
    exit(1);
  }
  fseek(file, 0, SEEK_END);
  Request request = {.length = (size_t)ftell(file), .events = events};
  rewind(file);
  request.data = malloc(request.length);
  if (fread(request.data, 1, request.length, file) != request.length) exit(1);
  fclose(file);
  return request;
}

int main(int count, char **arguments) {
  if (count < 7) {
    fprintf(stderr, "load <port> <request> <connections> <seconds> <rate> <events> [<other request>]\n");
    return 2;
  }
  signal(SIGPIPE, SIG_IGN);
  requests[0] = read_request(arguments[2], (size_t)atol(arguments[6]));
  if (count > 7) requests[1] = read_request(arguments[7], 0);
  int port = atoi(arguments[1]), connections = atoi(arguments[3]), poll = epoll_create1(0);
  double seconds = atof(arguments[4]), rate = atof(arguments[5]);
  period = rate > 0 ? (uint64_t)(1e9 / rate) : 0;
  Connection *all = calloc((size_t)connections, sizeof *all);
  for (int i = 0; i < connections; i++) {
    all[i].fd = connect_to(port);
    watch(poll, all[i].fd, EPOLLIN, &all[i], EPOLL_CTL_ADD);
  }
  began = due = now_ns();
  measuring = began + 200000000u; /* every connection has asked once by then */
  ending = measuring + (uint64_t)(seconds * 1e9);
  struct epoll_event ready[256];
  /* What was asked is waited for, so that every request has its answer and its row. */
  for (uint64_t now = began; now < ending || (busy && now < ending + 10000000000u); now = now_ns()) {
    for (int i = 0; i < connections && now < ending; i++) {
      if (all[i].busy || (period && due > now)) continue;
      ask(&all[i], period ? due : now);
      due += period;
    }
    uint64_t wait = period && due > now ? (due - now) / 1000000 : 100;
    int n = epoll_wait(poll, ready, 256, period ? (int)(wait > 100 ? 100 : wait) : 100);
    for (int i = 0; i < n; i++) {
      Connection *connection = ready[i].data.ptr;
      receive(connection);
      if (!connection->busy && !period && now_ns() < ending) ask(connection, now_ns());
    }
  }
  failed += (uint64_t)busy;
  report((uint64_t)connections);
  return 0;
}
