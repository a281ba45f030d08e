/*
 * What a plain relay costs on this machine: accepts at one unix socket, connects to another, copies both ways. One thread,
 * epoll, 64 KiB at a time, half-closes passed on. No descriptors, no limits, no life cycle: nothing but the bytes.
 *
 * relay LISTEN PROVIDER
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { buffer_bytes = 65536, batch = 64, backlog = 511 };

struct end {
  int fd;
  struct end *other;
  char *rest; /* What its socket did not take yet. */
  size_t rest_at, rest_length;
  uint32_t events;
  bool read_ended, write_ended;
};

struct session {
  struct end ends[2];
  bool over;
  struct session *next; /* Freed after the batch of events that may still name it. */
};

static int epoll;
static char buffer[buffer_bytes];
static struct session *dead;

static void fail(const char *what) {
  perror(what);
  exit(1);
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

static int unix_socket(int flags) {
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
  if (fd < 0) fail("socket");
  return fd;
}

static void watch(int operation, int fd, uint32_t events, void *who) {
  struct epoll_event event = {.events = events, .data.ptr = who};
  if (epoll_ctl(epoll, operation, fd, &event) < 0) fail("epoll_ctl");
}

static void want(struct end *end) {
  uint32_t events = (!end->read_ended && end->other->rest_length == 0 ? EPOLLIN : 0) | (end->rest_length > 0 ? EPOLLOUT : 0);
  if (events == end->events) return;
  end->events = events;
  watch(EPOLL_CTL_MOD, end->fd, events, end);
}

static struct session *session_of(struct end *end) {
  struct end *first = end < end->other ? end : end->other;
  return (struct session *)first;
}

static void close_session(struct session *session) {
  if (session->over) return;
  session->over = true;
  for (int index = 0; index < 2; index++) {
    close(session->ends[index].fd);
    free(session->ends[index].rest);
  }
  session->next = dead;
  dead = session;
}

static void pass_end(struct end *from) {
  struct end *to = from->other;
  if (!from->read_ended || to->rest_length > 0 || to->write_ended) return;
  to->write_ended = true;
  shutdown(to->fd, SHUT_WR);
}

static bool take(struct end *from) {
  struct end *to = from->other;
  ssize_t count = read(from->fd, buffer, sizeof buffer);
  if (count < 0) return errno == EAGAIN;
  if (count == 0) {
    from->read_ended = true;
    return true;
  }
  ssize_t sent = write(to->fd, buffer, (size_t)count);
  if (sent < 0 && errno != EAGAIN) return false;
  if (sent < 0) sent = 0;
  if (sent == count) return true;
  if (to->rest == NULL && (to->rest = malloc(buffer_bytes)) == NULL) fail("malloc");
  to->rest_at = 0;
  to->rest_length = (size_t)(count - sent);
  memcpy(to->rest, buffer + sent, to->rest_length);
  return true;
}

static bool flush(struct end *end) {
  ssize_t sent = write(end->fd, end->rest + end->rest_at, end->rest_length);
  if (sent < 0) return errno == EAGAIN;
  end->rest_at += (size_t)sent;
  end->rest_length -= (size_t)sent;
  return true;
}

static void serve(struct end *end, uint32_t events) {
  struct session *session = session_of(end);
  if (session->over) return;
  bool good = true;
  if ((events & EPOLLOUT) != 0 && end->rest_length > 0) good = flush(end);
  if (good && (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) {
    if (!end->read_ended && end->other->rest_length == 0) good = take(end);
    else if ((events & (EPOLLHUP | EPOLLERR)) != 0) good = false;
  }
  if (!good) return close_session(session);
  pass_end(end);
  pass_end(end->other);
  if (end->write_ended && end->other->write_ended) return close_session(session);
  want(end);
  want(end->other);
}

static void accept_one(int listener, const char *provider) {
  int consumer_fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (consumer_fd < 0) return;
  int provider_fd = unix_socket(SOCK_NONBLOCK);
  struct sockaddr_un where = address(provider);
  if (connect(provider_fd, (struct sockaddr *)&where, sizeof where) < 0) {
    close(consumer_fd);
    close(provider_fd);
    return;
  }
  struct session *session = calloc(1, sizeof *session);
  if (session == NULL) fail("calloc");
  session->ends[0] = (struct end){.fd = consumer_fd, .other = &session->ends[1], .events = EPOLLIN};
  session->ends[1] = (struct end){.fd = provider_fd, .other = &session->ends[0], .events = EPOLLIN};
  for (int index = 0; index < 2; index++) watch(EPOLL_CTL_ADD, session->ends[index].fd, EPOLLIN, &session->ends[index]);
}

int main(int count, char **arguments) {
  if (count != 3) {
    fprintf(stderr, "usage: relay LISTEN PROVIDER\n");
    return 2;
  }
  signal(SIGPIPE, SIG_IGN);
  int listener = unix_socket(SOCK_NONBLOCK);
  struct sockaddr_un where = address(arguments[1]);
  unlink(arguments[1]);
  if (bind(listener, (struct sockaddr *)&where, sizeof where) < 0 || listen(listener, backlog) < 0) fail(arguments[1]);
  epoll = epoll_create1(EPOLL_CLOEXEC);
  watch(EPOLL_CTL_ADD, listener, EPOLLIN, NULL);
  printf("ready\n");
  fflush(stdout);
  for (;;) {
    struct epoll_event events[batch];
    int ready = epoll_wait(epoll, events, batch, -1);
    for (int index = 0; index < ready; index++) {
      if (events[index].data.ptr == NULL) accept_one(listener, arguments[2]);
      else serve(events[index].data.ptr, events[index].events);
    }
    while (dead != NULL) {
      struct session *next = dead->next;
      free(dead);
      dead = next;
    }
  }
}
