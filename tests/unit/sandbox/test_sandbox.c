/* Each test closes the sandbox in a child, because it cannot be opened again. A child ends with 0
 * or with the number of the line that found something wrong. */
#include "sandbox/sandbox.h"

#include "sandbox/sanitized.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <seccomp.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define EXPECT(claim)        \
    do {                     \
        if (!(claim))        \
            return __LINE__; \
    } while (0)

struct place {
    char folder[64], evidence[96], inner[128], output[96], outside[96];
};

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static int set_up(void **state)
{
    struct place *place = calloc(1, sizeof(*place));
    assert_non_null(place);
    snprintf(place->folder, sizeof(place->folder), "%s/impound-sandbox-XXXXXX", P_tmpdir);
    assert_non_null(mkdtemp(place->folder));
    snprintf(place->evidence, sizeof(place->evidence), "%s/evidence", place->folder);
    snprintf(place->inner, sizeof(place->inner), "%s/log", place->evidence);
    snprintf(place->output, sizeof(place->output), "%s/output", place->folder);
    snprintf(place->outside, sizeof(place->outside), "%s/secret", place->folder);
    assert_int_equal(mkdir(place->evidence, 0700), 0);
    assert_int_equal(mkdir(place->output, 0700), 0);
    write_file(place->inner, "evidence");
    write_file(place->outside, "secret");
    *state = place;
    return 0;
}

static int tear_down(void **state)
{
    struct place *place = *state;
    char path[160];
    snprintf(path, sizeof(path), "%s/new", place->output);
    unlink(path);
    unlink(place->inner);
    unlink(place->outside);
    rmdir(place->evidence);
    rmdir(place->output);
    rmdir(place->folder);
    free(place);
    return 0;
}

static enum status close_for(const struct place *place, struct sandbox_state *state,
                             struct fault *fault)
{
    const char *readable[] = {place->evidence, "-", "/nowhere/at/all"};
    const char *writable[] = {place->output};
    const struct sandbox_wish wish = {readable, COUNT_OF(readable), writable, COUNT_OF(writable)};
    return sandbox_close(&wish, state, fault);
}

/* Runs `body` in a child behind a closed sandbox. */
static void confined(void **state,
                     int (*body)(const struct place *place, const struct sandbox_state *sandbox))
{
    const struct place *place = *state;
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct sandbox_state sandbox;
        const enum status status = close_for(place, &sandbox, NULL);
        _exit(status < 0 && sandbox.has_seccomp && sandbox.landlock ? 255 : body(place, &sandbox));
    }
    int result;
    assert_int_equal(waitpid(child, &result, 0), child);
    assert_true(WIFEXITED(result));
    if (WEXITSTATUS(result) == 77)
        skip();
    assert_int_equal(WEXITSTATUS(result), 0);
}

static int opens(const char *path, int flags)
{
    const int file = open(path, flags | O_CLOEXEC, 0600);
    if (file >= 0)
        close(file);
    return file >= 0 ? 0 : errno;
}

static int reads(const struct place *place, const struct sandbox_state *sandbox)
{
    char text[16] = {0};
    (void)sandbox;
    const int file = open(place->inner, O_RDONLY);
    EXPECT(file >= 0);
    EXPECT(read(file, text, sizeof(text) - 1) == 8 && strcmp(text, "evidence") == 0);
    EXPECT(opens(place->evidence, O_RDONLY | O_DIRECTORY) == 0);
    return 0;
}

static void evidence_can_be_read(void **state)
{
    confined(state, reads);
}

static int keeps_out(const struct place *place, const struct sandbox_state *sandbox)
{
    if (!sandbox->landlock)
        return 77;
    EXPECT(opens(place->outside, O_RDONLY) == EACCES);
    EXPECT(opens("/etc/passwd", O_RDONLY) == EACCES);
    EXPECT(opens(place->folder, O_RDONLY | O_DIRECTORY) == EACCES);
    EXPECT(opens(place->inner, O_WRONLY) == EACCES);
    EXPECT(truncate(place->inner, 0) != 0);
    EXPECT(unlink(place->inner) != 0);
    EXPECT(unlink(place->outside) != 0);
    return 0;
}

static void other_files_cannot_be_opened_and_evidence_not_changed(void **state)
{
    confined(state, keeps_out);
}

static int writes(const struct place *place, const struct sandbox_state *sandbox)
{
    char path[160], renamed[160];
    (void)sandbox;
    snprintf(path, sizeof(path), "%s/part", place->output);
    snprintf(renamed, sizeof(renamed), "%s/new", place->output);
    EXPECT(opens(path, O_WRONLY | O_CREAT | O_EXCL) == 0);
    EXPECT(rename(path, renamed) == 0);
    EXPECT(opens(renamed, O_RDWR | O_TRUNC) == 0);
    EXPECT(mkdir(path, 0700) == 0 && rmdir(path) == 0);
    EXPECT(unlink(renamed) == 0);
    FILE *spill = fopen(path, "w+");
    EXPECT(spill && fprintf(spill, "%d", 7) == 1 && fclose(spill) == 0 && unlink(path) == 0);
    return 0;
}

static void output_can_be_written(void **state)
{
    confined(state, writes);
}

static int executes(const struct place *place, const struct sandbox_state *sandbox)
{
    (void)place;
    if (!sandbox->has_seccomp)
        return 77;
    char *const arguments[] = {NULL};
    EXPECT(execve("/bin/true", arguments, arguments) != 0 && errno == EPERM);
    if (!IS_SANITIZED)
        EXPECT(fork() < 0 && errno == EPERM);
    EXPECT(kill(getppid(), 0) != 0 || IS_SANITIZED);
    return 0;
}

static void no_program_can_be_started(void **state)
{
    confined(state, executes);
}

static int connects(const struct place *place, const struct sandbox_state *sandbox)
{
    int pair[2];
    (void)place;
    if (!sandbox->has_seccomp)
        return 77;
    EXPECT(socket(AF_INET, SOCK_STREAM, 0) < 0 && errno == EPERM);
    EXPECT(socket(AF_INET6, SOCK_DGRAM, 0) < 0 && errno == EPERM);
    EXPECT(socket(AF_UNIX, SOCK_STREAM, 0) < 0 && errno == EPERM);
    EXPECT(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0 && errno == EPERM);
    return 0;
}

static void no_socket_can_be_opened(void **state)
{
    confined(state, connects);
}

static void *try_outside(void *context)
{
    const struct place *place = context;
    return (void *)(intptr_t)opens(place->outside, O_RDONLY);
}

static int starts_threads(const struct place *place, const struct sandbox_state *sandbox)
{
    pthread_t threads[4];
    struct place copy = *place;
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        EXPECT(pthread_create(&threads[i], NULL, try_outside, &copy) == 0);
    for (size_t i = 0; i < COUNT_OF(threads); i++) {
        void *error;
        EXPECT(pthread_join(threads[i], &error) == 0);
        EXPECT((intptr_t)error == EACCES || !sandbox->landlock);
    }
    return 0;
}

static void threads_start_and_are_bound_too(void **state)
{
    confined(state, starts_threads);
}

static int computes(const struct place *place, const struct sandbox_state *sandbox)
{
    (void)place;
    (void)sandbox;
    void *code =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    EXPECT(code != MAP_FAILED);
    void *memory = malloc((size_t)64 << 20);
    EXPECT(memory);
    memset(memory, 1, (size_t)64 << 20);
    free(memory);
    struct timespec moment, nap = {0, 1000};
    EXPECT(clock_gettime(CLOCK_REALTIME, &moment) == 0 && nanosleep(&nap, NULL) == 0);
    struct rusage usage;
    EXPECT(getrusage(RUSAGE_SELF, &usage) == 0);
    EXPECT(sysconf(_SC_NPROCESSORS_ONLN) > 0);
    EXPECT(isatty(STDOUT_FILENO) || errno == ENOTTY);
    struct rlimit core;
    EXPECT(getrlimit(RLIMIT_CORE, &core) == 0 && core.rlim_max == 0);
    return 0;
}

static void memory_time_and_generated_code_still_work(void **state)
{
    confined(state, computes);
}

static int gives_signals(const struct place *place, const struct sandbox_state *sandbox)
{
    (void)place;
    (void)sandbox;
    signal(SIGUSR1, SIG_IGN);
    EXPECT(raise(SIGUSR1) == 0);
    EXPECT(kill(getpid(), SIGUSR1) == 0);
    return 0;
}

static void signals_to_itself_still_work(void **state)
{
    confined(state, gives_signals);
}

/* A kernel that lacks some calls, played by a filter. */
static bool lose(const char *const *calls, size_t count)
{
    const scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    bool is_ready = filter != NULL;
    for (size_t i = 0; i < count && is_ready; i++)
        is_ready = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS),
                                    seccomp_syscall_resolve_name(calls[i]), 0) == 0;
    is_ready = is_ready && seccomp_load(filter) == 0;
    seccomp_release(filter);
    return is_ready;
}

static int without_landlock(const struct place *place)
{
    const char *calls[] = {"landlock_create_ruleset"};
    struct sandbox_state state;
    struct fault fault;
    EXPECT(lose(calls, COUNT_OF(calls)));
    EXPECT(close_for(place, &state, &fault) == STATUS_REFUSED);
    EXPECT(state.landlock == 0 && state.has_seccomp);
    EXPECT(strcmp(state.line, "seccomp only (kernel without Landlock)") == 0);
    EXPECT(strstr(fault.reason, state.line));
    EXPECT(socket(AF_INET, SOCK_STREAM, 0) < 0);
    EXPECT(opens(place->outside, O_RDONLY) == 0);
    return 0;
}

static int without_anything(const struct place *place)
{
    const char *calls[] = {"landlock_create_ruleset", "seccomp"};
    struct sandbox_state state;
    EXPECT(lose(calls, COUNT_OF(calls)));
    EXPECT(close_for(place, &state, NULL) == STATUS_REFUSED);
    EXPECT(state.landlock == 0 && !state.has_seccomp);
    EXPECT(strncmp(state.line, "none (kernel without Landlock; seccomp", 38) == 0);
    return 0;
}

static void degraded(void **state, int (*body)(const struct place *place))
{
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(body(*state));
    int result;
    assert_int_equal(waitpid(child, &result, 0), child);
    assert_true(WIFEXITED(result));
    assert_int_equal(WEXITSTATUS(result), 0);
}

static void without_landlock_the_rest_holds_and_the_line_says_so(void **state)
{
    degraded(state, without_landlock);
}

static void without_both_the_line_says_none(void **state)
{
    degraded(state, without_anything);
}

static int says_what_holds(const struct place *place, const struct sandbox_state *sandbox)
{
    char line[SANDBOX_LINE_BOUND];
    (void)place;
    if (!sandbox->landlock || !sandbox->has_seccomp)
        return 77;
    snprintf(line, sizeof(line), "landlock abi %d + seccomp", sandbox->landlock);
    EXPECT(strcmp(line, sandbox->line) == 0);
    return 0;
}

static void the_line_names_the_landlock_version_and_seccomp(void **state)
{
    confined(state, says_what_holds);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(evidence_can_be_read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(other_files_cannot_be_opened_and_evidence_not_changed,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(output_can_be_written, set_up, tear_down),
        cmocka_unit_test_setup_teardown(no_program_can_be_started, set_up, tear_down),
        cmocka_unit_test_setup_teardown(no_socket_can_be_opened, set_up, tear_down),
        cmocka_unit_test_setup_teardown(threads_start_and_are_bound_too, set_up, tear_down),
        cmocka_unit_test_setup_teardown(memory_time_and_generated_code_still_work, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(signals_to_itself_still_work, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_line_names_the_landlock_version_and_seccomp, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(without_landlock_the_rest_holds_and_the_line_says_so,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(without_both_the_line_says_none, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
