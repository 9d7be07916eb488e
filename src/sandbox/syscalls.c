/* A list of what is allowed. What is plainly not ours fails with EPERM; all the rest, above all
 * what newer C libraries try first, fails with ENOSYS, upon which they fall back to what they used
 * before. (So does thread creation: the flags of clone3 cannot be looked at, those of clone can.)
 */
#include "sandbox/syscalls.h"

#include "sandbox/sanitized.h"

#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <unistd.h>

static const char *const allowed[] = {
    /* read, write */
    "read", "write", "pread64", "pwrite64", "readv", "writev", "preadv", "pwritev", "preadv2",
    "pwritev2", "lseek", "_llseek", "sendfile", "splice", "copy_file_range", "fadvise64",
    "fadvise64_64", "arm_fadvise64_64", "readahead", "fsync", "fdatasync", "sync_file_range",
    "ftruncate", "ftruncate64", "fallocate", "flock", "fcntl", "fcntl64",
    /* files, which Landlock keeps in bounds */
    "open", "openat", "close", "close_range", "stat", "stat64", "lstat", "lstat64", "fstat",
    "fstat64", "newfstatat", "fstatat64", "statx", "statfs", "fstatfs", "access", "faccessat",
    "faccessat2", "readlink", "readlinkat", "getdents", "getdents64", "getcwd", "rename",
    "renameat", "renameat2", "unlink", "unlinkat", "mkdir", "mkdirat", "rmdir", "linkat", "umask",
    "fchmod", "dup", "dup2", "dup3", "pipe", "pipe2", "eventfd2",
    /* wait */
    "poll", "ppoll", "ppoll_time64", "select", "_newselect", "pselect6", "pselect6_time64",
    "epoll_create1", "epoll_ctl", "epoll_wait", "epoll_pwait", "nanosleep", "clock_nanosleep",
    "clock_nanosleep_time64", "pause", "restart_syscall",
    /* memory; what was compiled at run time (PCRE2) is executed */
    "brk", "mmap", "mmap2", "munmap", "mprotect", "mremap", "madvise", "mincore", "membarrier",
    /* threads */
    "futex", "futex_time64", "futex_waitv", "set_robust_list", "get_robust_list", "set_tid_address",
    "rseq", "sched_yield", "sched_getaffinity", "sched_getparam", "sched_getscheduler",
    "sched_get_priority_min", "sched_get_priority_max", "getcpu", "gettid", "exit", "exit_group",
    "arch_prctl", "set_thread_area",
    /* signals */
    "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "rt_sigpending", "rt_sigtimedwait",
    "rt_sigsuspend", "sigaltstack", "sigreturn", "setitimer", "alarm",
    /* who and when */
    "getpid", "getppid", "getuid", "geteuid", "getgid", "getegid", "getrusage", "getrlimit",
    "ugetrlimit", "sysinfo", "uname", "getrandom", "clock_gettime", "clock_gettime64",
    "clock_getres", "clock_getres_time64", "gettimeofday", "time", "times"};

static const char *const denied[] = {
    /* other programs */
    "execve", "execveat", "fork", "vfork", "process_vm_readv", "process_vm_writev",
    "process_madvise", "pidfd_open", "pidfd_getfd", "pidfd_send_signal", "kcmp",
    /* the network, and every other socket */
    "socket", "socketcall", "socketpair", "bind", "connect", "listen", "accept", "accept4",
    "sendto", "sendmsg", "sendmmsg", "recvfrom", "recvmsg", "recvmmsg", "setsockopt",
    /* ways around a list of system calls or paths */
    "io_uring_setup", "io_uring_enter", "io_uring_register", "io_setup", "io_submit", "userfaultfd",
    "bpf", "perf_event_open", "open_by_handle_at", "name_to_handle_at", "memfd_secret",
    "personality", "modify_ldt",
    /* the machine */
    "mount", "umount", "umount2", "move_mount", "open_tree", "fsopen", "fsmount", "fspick",
    "mount_setattr", "pivot_root", "chroot", "unshare", "setns", "swapon", "swapoff", "reboot",
    "kexec_load", "kexec_file_load", "init_module", "finit_module", "delete_module", "iopl",
    "ioperm", "acct", "quotactl", "settimeofday", "clock_settime", "adjtimex", "clock_adjtime",
    "sethostname", "setdomainname", "syslog",
    /* keys and privileges */
    "add_key", "request_key", "keyctl", "setuid", "setgid", "setreuid", "setregid", "setresuid",
    "setresgid", "setgroups", "setfsuid", "setfsgid", "capset", "chown", "lchown", "fchown",
    "fchownat", "chmod", "fchmodat", "mknod", "mknodat", "symlink", "symlinkat", "setxattr",
    "lsetxattr", "fsetxattr", "utimensat"};

/* What sanitizers need: the leak detector stops the process from a helper process when it ends. */
static const char *const sanitizer[] = {"clone",     "kill",  "tgkill", "prctl",
                                        "prlimit64", "ioctl", "wait4"};

struct call {
    const char *name;
    unsigned argument;
    scmp_datum_t mask, value; /* of the argument */
};

#define WHOLE UINT64_MAX

/* A call that this kernel or library does not know needs no rule. */
static int add(scmp_filter_ctx filter, uint32_t action, const char *name)
{
    const int number = seccomp_syscall_resolve_name(name);
    return number == __NR_SCMP_ERROR ? 0 : seccomp_rule_add(filter, action, number, 0);
}

static int add_all(scmp_filter_ctx filter, uint32_t action, const char *const *names, size_t count)
{
    int result = 0;
    for (size_t i = 0; i < count && result == 0; i++)
        result = add(filter, action, names[i]);
    return result;
}

static int add_if(scmp_filter_ctx filter, uint32_t action, const struct call *call)
{
    const struct scmp_arg_cmp condition = {.arg = call->argument,
                                           .op = SCMP_CMP_MASKED_EQ,
                                           .datum_a = call->mask,
                                           .datum_b = call->value};
    const int number = seccomp_syscall_resolve_name(call->name);
    return number == __NR_SCMP_ERROR
               ? 0
               : seccomp_rule_add_array(filter, action, number, 1, &condition);
}

/* Threads and no processes, signals to ourselves, limits and names of our own. */
static int add_conditional(scmp_filter_ctx filter)
{
    const scmp_datum_t self = (scmp_datum_t)getpid();
    const struct call process = {"clone", 0, CLONE_THREAD, 0};
    const struct call calls[] = {
        {"clone", 0, CLONE_THREAD, CLONE_THREAD},
        {"kill", 0, WHOLE, self},
        {"tgkill", 0, WHOLE, self},
        {"prlimit64", 0, WHOLE, 0},
        {"prctl", 0, WHOLE, PR_SET_NAME},
        {"prctl", 0, WHOLE, PR_GET_NAME},
        {"ioctl", 1, WHOLE, TCGETS},
        {"ioctl", 1, WHOLE, TIOCGWINSZ},
        {"ioctl", 1, WHOLE, FIONREAD},
    };
    int result = add_if(filter, SCMP_ACT_ERRNO(EPERM), &process);
    for (size_t i = 0; i < COUNT_OF(calls) && result == 0; i++)
        result = add_if(filter, SCMP_ACT_ALLOW, &calls[i]);
    return result;
}

static int build(scmp_filter_ctx filter)
{
    int result = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
    if (result == 0)
        result = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
    if (result == 0)
        result = add_all(filter, SCMP_ACT_ALLOW, allowed, COUNT_OF(allowed));
    if (result == 0)
        result = IS_SANITIZED ? add_all(filter, SCMP_ACT_ALLOW, sanitizer, COUNT_OF(sanitizer))
                              : add_conditional(filter);
    if (result == 0)
        result = add(filter, IS_SANITIZED ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO(EPERM), "ptrace");
    if (result == 0)
        result = add_all(filter, SCMP_ACT_ERRNO(EPERM), denied, COUNT_OF(denied));
    return result;
}

enum status syscalls_close(struct fault *fault)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
    if (!filter)
        return fault_set(fault, STATUS_MEMORY, 0, "seccomp cannot be set up");
    int result = build(filter);
    if (result == 0)
        result = seccomp_load(filter);
    seccomp_release(filter);
    return result == 0 ? STATUS_OK : fault_errno(fault, -result, "seccomp");
}
