/* A disk that fills up, fails, and remembers what was written and flushed, for one process: preloaded into it.
 *
 * Only files below DISK_ROOT are concerned. DISK_CONTROL names a file of this layout, which the test changes while the
 * process runs: { u32 full; i32 failing_flushes; char of[120] }. While `full` is set, whatever would make a file longer gets
 * ENOSPC. As long as `failing_flushes` is above 0, a flush of a file whose path has `of` in it gets EIO, and its count goes down.
 * DISK_LOG names a file to which every change and every flush is appended, in the order in which they were done, as
 * { u32 operation; u32 path bytes; u64 offset; u64 data bytes } path data. See recording.rs, which reads it. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

enum { CREATE = 1, WRITE, LENGTH, FLUSH, RENAME, DELETE, MAKE_DIR };

struct control { volatile uint32_t full; volatile int32_t failing_flushes; volatile char of[120]; };
struct head { uint32_t operation, path_len; uint64_t offset, data_len; } __attribute__((packed));

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static struct control *control;
static int log_file = -1;
static const char *root;
static size_t root_len;

static int (*real_open)(const char *, int, ...);
static int (*real_openat)(int, const char *, int, ...);
static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static int (*real_ftruncate)(int, off_t);
static int (*real_fsync)(int);
static int (*real_fdatasync)(int);
static int (*real_rename)(const char *, const char *);
static int (*real_unlink)(const char *);
static int (*real_unlinkat)(int, const char *, int);
static int (*real_rmdir)(const char *);
static int (*real_mkdir)(const char *, mode_t);

static void start(void) {
    real_open = dlsym(RTLD_NEXT, "open64");
    real_openat = dlsym(RTLD_NEXT, "openat64");
    real_write = dlsym(RTLD_NEXT, "write");
    real_pwrite = dlsym(RTLD_NEXT, "pwrite64");
    real_ftruncate = dlsym(RTLD_NEXT, "ftruncate64");
    real_fsync = dlsym(RTLD_NEXT, "fsync");
    real_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
    real_rename = dlsym(RTLD_NEXT, "rename");
    real_unlink = dlsym(RTLD_NEXT, "unlink");
    real_unlinkat = dlsym(RTLD_NEXT, "unlinkat");
    real_rmdir = dlsym(RTLD_NEXT, "rmdir");
    real_mkdir = dlsym(RTLD_NEXT, "mkdir");
    root = getenv("DISK_ROOT");
    root_len = root ? strlen(root) : 0;
    const char *path = getenv("DISK_CONTROL");
    if (path) {
        int file = real_open(path, O_RDWR | O_CLOEXEC);
        void *map = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        if (map != MAP_FAILED) control = map;
        close(file);
    }
    path = getenv("DISK_LOG");
    if (path) log_file = real_open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
}

static int below_root(const char *path) {
    return root && strncmp(path, root, root_len) == 0 && (path[root_len] == '/' || path[root_len] == 0);
}

/* The path of an open file, if it is one of ours. */
static int path_of(int file, char *path) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t len = readlink(link, path, PATH_MAX - 1);
    if (len < 0) return 0;
    path[len] = 0;
    return below_root(path);
}

static void note(uint32_t operation, const char *path, uint64_t offset, const void *data, uint64_t len) {
    if (log_file < 0) return;
    struct head head = { operation, (uint32_t)strlen(path), offset, len };
    char *entry = malloc(sizeof head + head.path_len + len);
    memcpy(entry, &head, sizeof head);
    memcpy(entry + sizeof head, path, head.path_len);
    if (len) memcpy(entry + sizeof head + head.path_len, data, len);
    if (real_write(log_file, entry, sizeof head + head.path_len + len) < 0) abort();
    free(entry);
}

static int is_full(int file, off_t end) {
    struct stat now;
    return control && control->full && fstat(file, &now) == 0 && end > now.st_size;
}

static int flush_fails(const char *path) {
    if (!control || control->failing_flushes <= 0 || !strstr(path, (const char *)control->of)) return 0;
    control->failing_flushes--;
    return 1;
}

static int open_noted(int dir, const char *path, int flags, mode_t mode) {
    pthread_once(&once, start);
    char full[PATH_MAX];
    struct stat before;
    int ours = (flags & O_CREAT) && below_root(path), was_there = ours && stat(path, &before) == 0;
    pthread_mutex_lock(&lock);
    int file = dir == AT_FDCWD ? real_open(path, flags, mode) : real_openat(dir, path, flags, mode);
    int error = errno;
    if (file >= 0 && ours && !was_there) note(CREATE, path, 0, NULL, 0);
    if (file >= 0 && (flags & O_TRUNC) && path_of(file, full)) note(LENGTH, full, 0, NULL, 0);
    pthread_mutex_unlock(&lock);
    errno = error;
    return file;
}

#define MODE(flags) \
    mode_t mode = 0; \
    if ((flags) & (O_CREAT | O_TMPFILE)) { va_list rest; va_start(rest, flags); mode = va_arg(rest, mode_t); va_end(rest); }

int open64(const char *path, int flags, ...) { MODE(flags) return open_noted(AT_FDCWD, path, flags, mode); }
int open(const char *path, int flags, ...) { MODE(flags) return open_noted(AT_FDCWD, path, flags, mode); }
int openat64(int dir, const char *path, int flags, ...) { MODE(flags) return open_noted(dir, path, flags, mode); }
int openat(int dir, const char *path, int flags, ...) { MODE(flags) return open_noted(dir, path, flags, mode); }

static ssize_t write_noted(int file, const void *data, size_t len, off_t offset, int positioned) {
    pthread_once(&once, start);
    char path[PATH_MAX];
    if (file == log_file || file <= 2 || !path_of(file, path))
        return positioned ? real_pwrite(file, data, len, offset) : real_write(file, data, len);
    pthread_mutex_lock(&lock);
    if (!positioned) {
        struct stat now;
        int appends = fcntl(file, F_GETFL) & O_APPEND;
        offset = appends && fstat(file, &now) == 0 ? now.st_size : lseek(file, 0, SEEK_CUR);
    }
    ssize_t written = -1;
    int error = ENOSPC;
    if (!is_full(file, offset + (off_t)len)) {
        written = positioned ? real_pwrite(file, data, len, offset) : real_write(file, data, len);
        error = errno;
    }
    if (written > 0) note(WRITE, path, (uint64_t)offset, data, (uint64_t)written);
    pthread_mutex_unlock(&lock);
    errno = error;
    return written;
}

ssize_t write(int file, const void *data, size_t len) { return write_noted(file, data, len, 0, 0); }
ssize_t pwrite64(int file, const void *data, size_t len, off64_t at) { return write_noted(file, data, len, at, 1); }
ssize_t pwrite(int file, const void *data, size_t len, off_t at) { return write_noted(file, data, len, at, 1); }

static int length_noted(int file, off_t len) {
    pthread_once(&once, start);
    char path[PATH_MAX];
    if (!path_of(file, path)) return real_ftruncate(file, len);
    pthread_mutex_lock(&lock);
    int done = -1, error = ENOSPC;
    if (!is_full(file, len)) {
        done = real_ftruncate(file, len);
        error = errno;
    }
    if (done == 0) note(LENGTH, path, (uint64_t)len, NULL, 0);
    pthread_mutex_unlock(&lock);
    errno = error;
    return done;
}

int ftruncate64(int file, off64_t len) { return length_noted(file, len); }
int ftruncate(int file, off_t len) { return length_noted(file, len); }

/* What others write while a flush runs may or may not be in it, so the flush is noted as of its beginning. */
static int flush_noted(int file, int (**real)(int)) {
    pthread_once(&once, start);
    char path[PATH_MAX];
    if (!path_of(file, path)) return (*real)(file);
    pthread_mutex_lock(&lock);
    int done = -1, error = EIO;
    if (!flush_fails(path)) {
        done = log_file < 0 ? (*real)(file) : 0; /* a recorded run is cut short in a model of the disk, not on it */
        error = errno;
    }
    if (done == 0) note(FLUSH, path, 0, NULL, 0);
    pthread_mutex_unlock(&lock);
    errno = error;
    return done;
}

int fsync(int file) { return flush_noted(file, &real_fsync); }
int fdatasync(int file) { return flush_noted(file, &real_fdatasync); }

int rename(const char *from, const char *to) {
    pthread_once(&once, start);
    pthread_mutex_lock(&lock);
    int done = real_rename(from, to), error = errno;
    if (done == 0 && below_root(from)) note(RENAME, from, 0, to, strlen(to));
    pthread_mutex_unlock(&lock);
    errno = error;
    return done;
}

static int deleted(const char *path, int done) {
    int error = errno;
    if (done == 0 && below_root(path)) note(DELETE, path, 0, NULL, 0);
    pthread_mutex_unlock(&lock);
    errno = error;
    return done;
}

int unlink(const char *path) {
    pthread_once(&once, start);
    pthread_mutex_lock(&lock);
    return deleted(path, real_unlink(path));
}

int rmdir(const char *path) {
    pthread_once(&once, start);
    pthread_mutex_lock(&lock);
    return deleted(path, real_rmdir(path));
}

int unlinkat(int dir, const char *name, int flags) {
    pthread_once(&once, start);
    char path[PATH_MAX] = "", full[2 * PATH_MAX];
    if (dir == AT_FDCWD || name[0] == '/') snprintf(full, sizeof full, "%s", name);
    else { path_of(dir, path); snprintf(full, sizeof full, "%s/%s", path, name); }
    pthread_mutex_lock(&lock);
    return deleted(full, real_unlinkat(dir, name, flags));
}

int mkdir(const char *path, mode_t mode) {
    pthread_once(&once, start);
    pthread_mutex_lock(&lock);
    int done = real_mkdir(path, mode), error = errno;
    if (done == 0 && below_root(path)) note(MAKE_DIR, path, 0, NULL, 0);
    pthread_mutex_unlock(&lock);
    errno = error;
    return done;
}
