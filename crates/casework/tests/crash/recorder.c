/* Records every write, truncate, sync and removal of files under RECORD_DIR into RECORD_LOG.
   A write to a file whose name ends in "acks" is an acknowledgement. One record:
   op(1) name length(1) name offset(8) length(4) data.

   It also makes chosen calls fail. The child says what by writing into RECORD_DIR/control:
   "arm PREFIX ERROR K LASTS" fails the K-th write, truncate, sync or rename from now on of a file
   whose name under RECORD_DIR begins with PREFIX (ERROR is a number of errno; LASTS 0: only that
   one, 1: that one and all later ones); "off" ends it and writes how many such calls there were
   into RECORD_DIR/calls. From outside: while the file RECORD_DIR/full is there, every such call of
   a file whose name has RECORD_FULL in it fails as on a full disk. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int log_fd = -1;
static char dir[512];
static char prefix[256];
static int fail_with, lasts, armed;
static long fail_at, calls;
static ssize_t (*real_write)(int, const void *, size_t);

static void start(void) {
    if (!real_write) real_write = dlsym(RTLD_NEXT, "write");
    if (*dir) return;
    const char *d = getenv("RECORD_DIR"), *l = getenv("RECORD_LOG");
    if (!d) return;
    snprintf(dir, sizeof dir, "%s/", d);
    if (l) log_fd = open(l, O_WRONLY | O_CREAT | O_APPEND, 0600);
}

static int name_of(int fd, char *out, size_t size) {
    char link[64], path[512];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, sizeof path - 1);
    if (n < 0) return 0;
    path[n] = 0;
    if (!*dir || strncmp(path, dir, strlen(dir))) return 0;
    snprintf(out, size, "%s", path + strlen(dir));
    return 1;
}

static int fails(const char *name) {
    const char *full = getenv("RECORD_FULL");
    if (full && *full && strstr(name, full)) {
        char path[600];
        snprintf(path, sizeof path, "%sfull", dir);
        if (!access(path, F_OK)) {
            errno = ENOSPC;
            return 1;
        }
    }
    if (!armed || strncmp(name, prefix, strlen(prefix))) return 0;
    calls++;
    if (calls != fail_at && !(lasts && calls > fail_at)) return 0;
    errno = fail_with;
    return 1;
}

static int fd_fails(int fd) {
    char name[256];
    return *dir && (armed || getenv("RECORD_FULL")) && name_of(fd, name, sizeof name) && fails(name);
}

static void command(const void *data, size_t length) {
    char text[512];
    snprintf(text, sizeof text, "%.*s", (int)length, (const char *)data);
    if (sscanf(text, "arm %255s %d %ld %d", prefix, &fail_with, &fail_at, &lasts) == 4) {
        calls = 0;
        armed = 1;
    } else {
        char path[600];
        armed = 0;
        snprintf(path, sizeof path, "%scalls", dir);
        int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        int n = snprintf(text, sizeof text, "%ld", calls);
        if (fd >= 0) { real_write(fd, text, n); close(fd); }
    }
}

static void put(char op, const char *name, uint64_t offset, const void *data, uint32_t length) {
    char head[300];
    size_t n = strlen(name);
    head[0] = op;
    head[1] = (char)n;
    memcpy(head + 2, name, n);
    memcpy(head + 2 + n, &offset, 8);
    memcpy(head + 10 + n, &length, 4);
    real_write(log_fd, head, 14 + n);
    if (length && data) real_write(log_fd, data, length);
}

static void record(char op, int fd, uint64_t offset, const void *data, uint32_t length) {
    char name[256];
    if (log_fd >= 0 && name_of(fd, name, sizeof name)) put(op, name, offset, data, length);
}

#define REAL(name, type) static type real; pthread_mutex_lock(&lock); start(); if (!real) real = (type)dlsym(RTLD_NEXT, name)
#define DONE pthread_mutex_unlock(&lock)

ssize_t write(int fd, const void *data, size_t length) {
    pthread_mutex_lock(&lock);
    start();
    char name[256];
    if (*dir && name_of(fd, name, sizeof name) && !strcmp(name, "control")) command(data, length);
    if (fd_fails(fd)) { DONE; return -1; }
    off_t at = lseek(fd, 0, SEEK_CUR);
    ssize_t n = real_write(fd, data, length);
    if (n > 0) record('w', fd, at < 0 ? 0 : (uint64_t)at, data, (uint32_t)n);
    DONE;
    return n;
}
typedef ssize_t (*pwrite_t)(int, const void *, size_t, off64_t);
ssize_t pwrite64(int fd, const void *data, size_t length, off64_t at) {
    REAL("pwrite64", pwrite_t);
    if (fd_fails(fd)) { DONE; return -1; }
    ssize_t n = real(fd, data, length, at);
    if (n > 0) record('w', fd, (uint64_t)at, data, (uint32_t)n);
    DONE;
    return n;
}
ssize_t pwrite(int fd, const void *data, size_t length, off_t at) { return pwrite64(fd, data, length, at); }
typedef int (*fd_t)(int);
int fsync(int fd) { REAL("fsync", fd_t); if (fd_fails(fd)) { DONE; return -1; } int r = real(fd); if (!r) record('s', fd, 0, 0, 0); DONE; return r; }
int fdatasync(int fd) { REAL("fdatasync", fd_t); if (fd_fails(fd)) { DONE; return -1; } int r = real(fd); if (!r) record('s', fd, 0, 0, 0); DONE; return r; }
typedef int (*trunc_t)(int, off64_t);
int ftruncate64(int fd, off64_t size) { REAL("ftruncate64", trunc_t); if (fd_fails(fd)) { DONE; return -1; } int r = real(fd, size); if (!r) record('t', fd, (uint64_t)size, 0, 0); DONE; return r; }
int ftruncate(int fd, off_t size) { return ftruncate64(fd, size); }
typedef int (*unlink_t)(const char *);
int unlink(const char *path) {
    REAL("unlink", unlink_t);
    int r = real(path);
    if (!r && log_fd >= 0 && *dir && !strncmp(path, dir, strlen(dir))) put('u', path + strlen(dir), 0, 0, 0);
    DONE;
    return r;
}
typedef int (*rename_t)(const char *, const char *);
int rename(const char *from, const char *to) {
    REAL("rename", rename_t);
    int mine = *dir && !strncmp(to, dir, strlen(dir)) && fails(to + strlen(dir));
    int r = mine ? -1 : real(from, to);
    DONE;
    return r;
}
