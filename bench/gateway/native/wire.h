/* What mock, floor and load share: sockets, a growing buffer, and where an HTTP/1.1 message ends. Linux only (epoll). */
#pragma once
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

typedef struct {
  char *data;
  size_t length, capacity;
} Bytes;

static inline void reserve(Bytes *bytes, size_t more) {
  if (bytes->length + more <= bytes->capacity) return;
  bytes->capacity = (bytes->length + more) * 2;
  bytes->data = realloc(bytes->data, bytes->capacity);
  if (!bytes->data) abort();
}

static inline void append(Bytes *bytes, const void *data, size_t length) {
  reserve(bytes, length);
  memcpy(bytes->data + bytes->length, data, length);
  bytes->length += length;
}

static inline void drop(Bytes *bytes, size_t length) {
  memmove(bytes->data, bytes->data + length, bytes->length - length);
  bytes->length -= length;
}

static inline uint64_t now_ns(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static inline void tune(int fd) {
  int yes = 1;
  fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
}

static inline struct sockaddr_in loopback(int port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

/* Listens on loopback and prints the port; 0 = any free one. */
static inline int listen_on(int port) {
  int fd = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
  struct sockaddr_in address = loopback(port);
  socklen_t size = sizeof address;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (bind(fd, (struct sockaddr *)&address, sizeof address) || listen(fd, 4096)) {
    perror("listen");
    exit(1);
  }
  getsockname(fd, (struct sockaddr *)&address, &size);
  printf("%d\n", ntohs(address.sin_port));
  fflush(stdout);
  fcntl(fd, F_SETFL, O_NONBLOCK);
  return fd;
}

static inline int connect_to(int port) {
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in address = loopback(port);
  if (connect(fd, (struct sockaddr *)&address, sizeof address)) {
    perror("connect");
    exit(1);
  }
  tune(fd);
  return fd;
}

static inline void watch(int poll, int fd, uint32_t events, void *data, int operation) {
  struct epoll_event event = {.events = events, .data.ptr = data};
  epoll_ctl(poll, operation, fd, &event);
}

/* The length of the head with its blank line, or 0 while it is not whole. */
static inline size_t head_length(const char *data, size_t length) {
  const char *end = memmem(data, length, "\r\n\r\n", 4);
  return end ? (size_t)(end - data) + 4 : 0;
}

/* The value of a header within a head, or NULL. */
static inline const char *header(const char *head, size_t length, const char *name) {
  size_t size = strlen(name);
  for (const char *line = memchr(head, '\n', length); line; line = memchr(line, '\n', length - (size_t)(line - head))) {
    line++;
    if ((size_t)(line - head) + size >= length) return NULL;
    if (line[size] == ':' && !strncasecmp(line, name, size)) {
      line += size + 1;
      while (*line == ' ') line++;
      return line;
    }
  }
  return NULL;
}

/* Follows a body to its end: of a known length, or chunked. Zeroed before each message. */
typedef struct {
  int chunked, state, done;
  size_t left;
} Body;

enum { SIZE, EXTENSION, DATA, AFTER_DATA, TRAILER };

/* Takes bytes up to the end of the body; returns how many. `payload` gets the pieces without framing. */
static inline size_t follow(Body *body, const char *data, size_t length, void (*payload)(void *, const char *, size_t), void *to) {
  size_t at = 0;
  if (!body->chunked) {
    at = length < body->left ? length : body->left;
    if (payload && at) payload(to, data, at);
    body->left -= at;
    body->done = body->left == 0;
    return at;
  }
  while (at < length && !body->done) {
    char c = data[at];
    switch (body->state) {
    case SIZE:
      at++;
      if (c == '\n') body->state = body->left ? DATA : TRAILER;
      else if (c == ';') body->state = EXTENSION;
      else if (c != '\r') body->left = body->left * 16 + (size_t)(c <= '9' ? c - '0' : (c | 32) - 'a' + 10);
      break;
    case EXTENSION:
      at++;
      if (c == '\n') body->state = body->left ? DATA : TRAILER;
      break;
    case DATA: {
      size_t piece = length - at < body->left ? length - at : body->left;
      if (payload) payload(to, data + at, piece);
      at += piece;
      body->left -= piece;
      if (!body->left) body->state = AFTER_DATA;
      break;
    }
    case AFTER_DATA:
      at++;
      if (c == '\n') body->state = SIZE;
      break;
    case TRAILER: /* no trailers here: the blank line follows */
      at++;
      if (c == '\n') body->done = 1;
      break;
    }
  }
  return at;
}

static inline Body body_of(const char *head, size_t length) {
  Body body = {0};
  const char *size = header(head, length, "content-length");
  const char *coding = header(head, length, "transfer-encoding");
  if (coding && !strncasecmp(coding, "chunked", 7)) body.chunked = 1;
  else {
    body.left = size ? strtoul(size, NULL, 10) : 0;
    body.done = body.left == 0;
  }
  return body;
}
