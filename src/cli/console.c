#include "cli/console.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define STDOUT_ROOM ((size_t)64 << 10)

static bool quiet;
static volatile sig_atomic_t stop_flag;

void console_quiet(bool is_quiet)
{
    quiet = is_quiet;
}

/* One line; bytes that a terminal might obey become \xNN. */
static PRINTF_LIKE(2, 0) void line_print(const char *kind, const char *format, va_list arguments)
{
    char text[1024];
    vsnprintf(text, sizeof(text), format, arguments);
    char line[sizeof(text) * 4 + 64];
    size_t length = (size_t)snprintf(line, sizeof(line), "impound: %s", kind);
    for (const char *at = text; *at; at++) {
        const unsigned char c = (unsigned char)*at;
        if (c < 0x20 || c == 0x7F)
            length += (size_t)snprintf(line + length, sizeof(line) - length, "\\x%02x", c);
        else
            line[length++] = *at;
    }
    line[length++] = '\n';
    if (isatty(STDERR_FILENO))
        fputs("\r\x1b[K", stderr);
    fwrite(line, 1, length, stderr);
}

void console_error(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    line_print("", format, arguments);
    va_end(arguments);
}

void console_warn(const char *format, ...)
{
    if (quiet)
        return;
    va_list arguments;
    va_start(arguments, format);
    line_print("warning: ", format, arguments);
    va_end(arguments);
}

int exit_worse(int one, int other)
{
    static const int order[] = {EXIT_UNVERIFIED, EXIT_INVALID, EXIT_INCOMPLETE, EXIT_FOUND};
    for (size_t i = 0; i < COUNT_OF(order); i++)
        if (one == order[i] || other == order[i])
            return order[i];
    return EXIT_DONE;
}

/* A pipe that closes and a limit on files are told by the write that fails. All of the help fits
 * into the buffer, so that what went wrong with it shows at the end. */
void console_begin(void)
{
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    setvbuf(stdout, NULL, _IOFBF, STDOUT_ROOM);
}

int console_end(int result)
{
    errno = 0;
    if (fflush(stdout) == 0 || errno == EPIPE)
        return result;
    console_error("cannot write the output: %s", strerror(errno));
    return EXIT_USAGE;
}

int console_failure(enum status status, const struct fault *fault)
{
    if (status == STATUS_STOPPED && !stop_flag)
        return EXIT_DONE;
    console_error("%s", fault->reason);
    if (status == STATUS_STOPPED)
        return EXIT_SIGNAL + stop_flag;
    return status == STATUS_INVALID   ? EXIT_INVALID
           : status == STATUS_DAMAGED ? EXIT_UNVERIFIED
                                      : EXIT_USAGE;
}

static void stop_caught(int signal_number)
{
    stop_flag = signal_number;
    signal(signal_number, SIG_DFL);
}

const volatile sig_atomic_t *console_catch_stop(void)
{
    const struct sigaction caught = {.sa_handler = stop_caught};
    sigaction(SIGINT, &caught, NULL);
    sigaction(SIGTERM, &caught, NULL);
    return &stop_flag;
}

#define PROGRESS_PERIOD_MS 200

struct progress {
    const char *what;
    uint64_t total;
    uint64_t (*done)(const void *context);
    const void *context;
    struct timespec start;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t change;
    bool is_over;
};

static double seconds_since(const struct timespec *start)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - start->tv_sec) + (double)(now.tv_nsec - start->tv_nsec) / 1e9;
}

static void progress_print(const struct progress *progress)
{
    const double done = (double)progress->done(progress->context);
    const double total = (double)progress->total;
    const double seconds = seconds_since(&progress->start);
    const double rate = seconds > 0 ? done / seconds : 0;
    char bar[31];
    const unsigned filled = total > 0 && done < total ? (unsigned)(done / total * 30) : 30;
    memset(bar, '#', filled);
    memset(bar + filled, '.', 30 - filled);
    bar[30] = '\0';
    fprintf(stderr, "\r\x1b[K%s [%s] %3.0f%%  %.0f/%.0f MB  %.0f MB/s  %.0f s left", progress->what,
            bar, total > 0 ? done / total * 100 : 100, done / 1e6, total / 1e6, rate / 1e6,
            rate > 0 && total > done ? (total - done) / rate : 0);
    fflush(stderr);
}

static void *progress_main(void *argument)
{
    struct progress *progress = argument;
    pthread_mutex_lock(&progress->lock);
    while (!progress->is_over) {
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += PROGRESS_PERIOD_MS * 1000000L;
        until.tv_sec += until.tv_nsec / 1000000000L;
        until.tv_nsec %= 1000000000L;
        if (pthread_cond_timedwait(&progress->change, &progress->lock, &until) == ETIMEDOUT)
            progress_print(progress);
    }
    pthread_mutex_unlock(&progress->lock);
    fputs("\r\x1b[K", stderr);
    fflush(stderr);
    return NULL;
}

struct progress *progress_start(const char *what, uint64_t total,
                                uint64_t (*done)(const void *context), const void *context)
{
    if (quiet || !isatty(STDERR_FILENO) || total == 0)
        return NULL;
    struct progress *progress = calloc(1, sizeof(*progress));
    if (!progress)
        return NULL;
    progress->what = what;
    progress->total = total;
    progress->done = done;
    progress->context = context;
    clock_gettime(CLOCK_MONOTONIC, &progress->start);
    pthread_mutex_init(&progress->lock, NULL);
    pthread_cond_init(&progress->change, NULL);
    if (pthread_create(&progress->thread, NULL, progress_main, progress) != 0) {
        free(progress);
        return NULL;
    }
    return progress;
}

void progress_stop(struct progress *progress)
{
    if (!progress)
        return;
    pthread_mutex_lock(&progress->lock);
    progress->is_over = true;
    pthread_cond_signal(&progress->change);
    pthread_mutex_unlock(&progress->lock);
    pthread_join(progress->thread, NULL);
    pthread_mutex_destroy(&progress->lock);
    pthread_cond_destroy(&progress->change);
    free(progress);
}
