/* Loaded into a process (LD_PRELOAD), this makes each of its fdatasyncs take SLOW_FLUSH_US microseconds longer: a hard disk or an SD
   card, imitated on a faster disk. What is written is still written, and flushed. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <time.h>

int fdatasync(int file) {
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
    const char *asked = getenv("SLOW_FLUSH_US");
    long us = asked ? atol(asked) : 0;
    struct timespec longer = {.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000};
    int result = real(file);
    int why = errno;
    while (nanosleep(&longer, &longer) != 0 && errno == EINTR) {
    }
    errno = why;
    return result;
}
