/*
 * Both ends of what the mesh bench measures, so that the cost of a runtime at the ends does not blur what lies between.
 * The server is one thread with epoll; a client has one thread per connection, which blocks.
 *
 *   load serve DIRECTORY                          listens at sink, echo, http and deaf in it
 *   load bulk|trips|connects|http PATH CONNECTIONS SECONDS [COUNT]
 *                                                 for so long, or for COUNT of them; prints count, bytes, failures, seconds
 *   load idle PATH CONNECTIONS                    opens them, one round trip each, then waits for its input to end
 *   load offer PATH BYTES                         writes to who does not read, until nothing moved for 2 s; then as idle
 *   load usable PATH                              tries until a round trip succeeds; prints CLOCK_MONOTONIC in ms
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { chunk_bytes = 65536, batch = 64, backlog = 4096, head_bytes = 2048, most_connections = 4096 };

static const char request[] = "GET /v1/status?verbose=1 HTTP/1.1\r\nHost: localhost\r\nUser-Agent: load/1\r\nAccept: application/json\r\nAccept-Encoding: identity\r\n\r\n";
static const char response[] = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nCache-Control: no-store\r\nContent-Length: 16\r\n\r\n{\"status\":\"ok\"}\n";

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static struct sockaddr_un address(const char *path) {
  struct sockaddr_un result = {.sun_family = AF_UNIX};
  if (strlen(path) >= sizeof result.sun_path) {
    errno = ENAMETOOLONG;
    fail(path);
  }
  strcpy(result.sun_path, path);
  return result;
}

/* ---- server ---- */

enum kind { sink, echo, http, deaf, kinds };
static const char *const names[kinds] = {"sink", "echo", "http", "deaf"};

struct peer {
  int fd;
  enum kind kind;
  bool listener;
  size_t length;
  char head[head_bytes];
};

static int epoll;
static char chunk[chunk_bytes];

static void watch(int fd, enum kind kind, bool listener) {
  struct peer *peer = malloc(sizeof *peer);
  if (peer == NULL) fail("malloc");
  *peer = (struct peer){.fd = fd, .kind = kind, .listener = listener};
  struct epoll_event event = {.events = kind == deaf && !listener ? EPOLLHUP : EPOLLIN, .data.ptr = peer};
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) < 0) fail("epoll_ctl");
}

static void listen_at(const char *directory, enum kind kind) {
  char path[512];
  snprintf(path, sizeof path, "%s/%s", directory, names[kind]);
  struct sockaddr_un where = address(path);
  unlink(path);
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0 || bind(fd, (struct sockaddr *)&where, sizeof where) < 0 || listen(fd, backlog) < 0) fail(path);
  watch(fd, kind, true);
}

static void drop(struct peer *peer) {
  close(peer->fd);
  free(peer);
}

/* Small answers to one who waits for them: they always fit. */
static bool answer(struct peer *peer, const char *bytes, size_t length) {
  return send(peer->fd, bytes, length, MSG_NOSIGNAL) == (ssize_t)length;
}

static bool serve_http(struct peer *peer) {
  ssize_t count = recv(peer->fd, peer->head + peer->length, sizeof peer->head - peer->length, 0);
  if (count <= 0) return count < 0 && errno == EAGAIN;
  peer->length += (size_t)count;
  for (char *end; (end = memmem(peer->head, peer->length, "\r\n\r\n", 4)) != NULL;) {
    size_t used = (size_t)(end + 4 - peer->head);
    memmove(peer->head, end + 4, peer->length - used);
    peer->length -= used;
    if (!answer(peer, response, sizeof response - 1)) return false;
  }
  return peer->length < sizeof peer->head;
}

static bool serve_peer(struct peer *peer) {
  if (peer->kind == deaf) return false;
  if (peer->kind == http) return serve_http(peer);
  ssize_t count = recv(peer->fd, chunk, sizeof chunk, 0);
  if (count < 0) return errno == EAGAIN;
  if (count > 0) return peer->kind == sink || answer(peer, chunk, (size_t)count);
  if (peer->kind == sink) answer(peer, "!", 1);
  return false;
}

static void serve(const char *directory) {
  epoll = epoll_create1(EPOLL_CLOEXEC);
  for (enum kind kind = 0; kind < kinds; kind++) listen_at(directory, kind);
  printf("ready\n");
  fflush(stdout);
  for (;;) {
    struct epoll_event events[batch];
    int ready = epoll_wait(epoll, events, batch, -1);
    for (int index = 0; index < ready; index++) {
      struct peer *peer = events[index].data.ptr;
      if (!peer->listener) {
        if (!serve_peer(peer)) drop(peer);
        continue;
      }
      int fd = accept4(peer->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd >= 0) watch(fd, peer->kind, false);
    }
  }
}

/* ---- clients ---- */

static const char *target;
static double deadline;
static uint64_t most = UINT64_MAX;
static _Atomic uint64_t done, moved, failures;

/* Blocks while the backlog is full. -1: refused, or none there. */
static int dial(void) {
  struct sockaddr_un where = address(target);
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) fail("socket");
  if (connect(fd, (struct sockaddr *)&where, sizeof where) == 0) return fd;
  close(fd);
  return -1;
}

static bool more(void) {
  return now() < deadline && atomic_fetch_add(&done, 1) < most;
}

static bool trip(int fd) {
  char byte = 'x';
  return send(fd, &byte, 1, MSG_NOSIGNAL) == 1 && recv(fd, &byte, 1, 0) == 1 && byte == 'x';
}

/* A whole answer with its body, whatever fields were added on the way. */
static bool exchange(int fd) {
  char head[head_bytes + 1];
  size_t length = 0;
  if (send(fd, request, sizeof request - 1, MSG_NOSIGNAL) != (ssize_t)sizeof request - 1) return false;
  for (;;) {
    ssize_t count = recv(fd, head + length, head_bytes - length, 0);
    if (count <= 0) return false;
    length += (size_t)count;
    head[length] = '\0';
    char *end = strstr(head, "\r\n\r\n");
    if (end == NULL) continue;
    if (strncmp(head, "HTTP/1.1 200 ", 13) != 0) return false;
    if (length == (size_t)(end + 4 - head) + 16) return true;
  }
}

static bool bulk(int fd) {
  static const char zeros[chunk_bytes];
  while (now() < deadline) {
    ssize_t count = send(fd, zeros, sizeof zeros, MSG_NOSIGNAL);
    if (count < 0) return false;
    atomic_fetch_add(&moved, (uint64_t)count);
  }
  char byte;
  return shutdown(fd, SHUT_WR) == 0 && recv(fd, &byte, 1, 0) == 1;
}

static bool repeated(int fd, bool (*once)(int)) {
  while (more()) {
    if (!once(fd)) return false;
  }
  return true;
}

static bool connects(void) {
  while (more()) {
    int fd = dial();
    bool good = fd >= 0 && trip(fd);
    if (fd >= 0) close(fd);
    if (!good) atomic_fetch_add(&failures, 1);
  }
  return true;
}

static void *client(void *argument) {
  const char *what = argument;
  if (strcmp(what, "connects") == 0) return connects(), NULL;
  int fd = dial();
  bool good = fd >= 0 && (strcmp(what, "bulk") == 0 ? bulk(fd) : repeated(fd, strcmp(what, "trips") == 0 ? trip : exchange));
  if (fd >= 0) close(fd);
  if (!good) atomic_fetch_add(&failures, 1);
  return NULL;
}

static void measure(char *what, long connections, double seconds) {
  pthread_t threads[most_connections];
  double begun = now();
  deadline = begun + seconds;
  for (long index = 0; index < connections; index++) {
    if (pthread_create(&threads[index], NULL, client, what) != 0) fail("pthread_create");
  }
  for (long index = 0; index < connections; index++) pthread_join(threads[index], NULL);
  /* Each client asked once in vain. */
  uint64_t asked = atomic_load(&done), count = asked > most ? most : asked;
  printf("{\"count\": %llu, \"bytes\": %llu, \"failures\": %llu, \"seconds\": %.6f}\n", (unsigned long long)count, (unsigned long long)moved, (unsigned long long)failures, now() - begun);
}

static void hold(void) {
  char byte;
  fflush(stdout);
  while (read(0, &byte, 1) > 0) continue;
}

static void idle(long connections) {
  long good = 0;
  for (long index = 0; index < connections; index++) {
    int fd = dial();
    if (fd >= 0 && trip(fd)) good++;
  }
  printf("%ld\n", good);
  hold();
}

static void offer(uint64_t bytes) {
  int fd = dial();
  if (fd < 0) fail(target);
  uint64_t sent = 0;
  while (sent < bytes) {
    struct pollfd room = {.fd = fd, .events = POLLOUT};
    if (poll(&room, 1, 2000) == 0) break;
    ssize_t count = send(fd, chunk, sizeof chunk, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count < 0 && errno != EAGAIN) break;
    if (count > 0) sent += (uint64_t)count;
  }
  printf("%llu\n", (unsigned long long)sent);
  hold();
}

static void usable(void) {
  for (;;) {
    int fd = dial();
    bool good = fd >= 0 && trip(fd);
    if (fd >= 0) close(fd);
    if (good) break;
    usleep(100);
  }
  printf("%.3f\n", now() * 1000);
}

int main(int count, char **arguments) {
  signal(SIGPIPE, SIG_IGN);
  char *what = count > 1 ? arguments[1] : "";
  if (count == 3 && strcmp(what, "serve") == 0) serve(arguments[2]);
  target = count > 2 ? arguments[2] : "";
  if (count == 3 && strcmp(what, "usable") == 0) return usable(), 0;
  if (count == 4 && strcmp(what, "idle") == 0) return idle(atol(arguments[3])), 0;
  if (count == 4 && strcmp(what, "offer") == 0) return offer(strtoull(arguments[3], NULL, 10)), 0;
  bool known = strcmp(what, "bulk") == 0 || strcmp(what, "trips") == 0 || strcmp(what, "connects") == 0 || strcmp(what, "http") == 0;
  if (!known || count < 5 || atol(arguments[3]) < 1 || atol(arguments[3]) > most_connections) {
    fprintf(stderr, "usage: see the head of load.c\n");
    return 2;
  }
  if (count > 5) most = strtoull(arguments[5], NULL, 10);
  measure(what, atol(arguments[3]), atof(arguments[4]));
  return 0;
}
