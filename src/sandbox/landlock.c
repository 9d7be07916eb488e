/* The kernel's documentation: userspace-api/landlock. The numbers are its interface; they stand
 * here because the headers to build with may be older than the kernel to run on.
 *
 * Rights are given per path and hold for what lies beneath; whatever is handled and not given is
 * denied. Opening is what is checked, so open files stay usable. */
#include "sandbox/landlock.h"

#include "sandbox/sanitized.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CREATE_VERSION    1U
#define RULE_PATH_BENEATH 1

#define EXECUTE           (1ULL << 0)
#define WRITE_FILE        (1ULL << 1)
#define READ_FILE         (1ULL << 2)
#define READ_DIR          (1ULL << 3)
#define REMOVE_DIR        (1ULL << 4)
#define REMOVE_FILE       (1ULL << 5)
#define MAKE_DIR          (1ULL << 7)
#define MAKE_REG          (1ULL << 8)
#define REFER             (1ULL << 13)
#define TRUNCATE          (1ULL << 14)
#define IOCTL_DEV         (1ULL << 15)

#define TO_READ           (READ_FILE | READ_DIR)
#define TO_WRITE \
    (TO_READ | WRITE_FILE | TRUNCATE | MAKE_REG | MAKE_DIR | REMOVE_FILE | REMOVE_DIR | REFER)
#define ON_FILES  (EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV)

#define NET_ALL   3U /* bind and connect of TCP */
#define SCOPE_ALL 3U /* abstract sockets and signals of others */

struct ruleset {
    uint64_t files, network, scoped;
};

struct beneath {
    uint64_t allowed;
    int32_t parent;
} __attribute__((packed));

/* Everything that this version of the interface can deny. */
static struct ruleset all_rights(long abi)
{
    uint64_t files = (1ULL << 13) - 1;
    if (abi >= 2)
        files |= REFER;
    if (abi >= 3)
        files |= TRUNCATE;
    if (abi >= 5)
        files |= IOCTL_DEV;
    return (struct ruleset){files, abi >= 4 ? NET_ALL : 0, abi >= 6 ? SCOPE_ALL : 0};
}

static size_t ruleset_length(long abi)
{
    if (abi >= 6)
        return sizeof(struct ruleset);
    return abi >= 4 ? offsetof(struct ruleset, scoped) : offsetof(struct ruleset, network);
}

/* A path that cannot be opened is passed over: it cannot be read either. So is a pipe, which has no
 * place in the file system and is not restricted. */
static enum status allow(int ruleset, const char *path, uint64_t rights, struct fault *fault)
{
    const int file = open(path, O_PATH | O_CLOEXEC);
    if (file < 0)
        return STATUS_OK;
    struct stat about;
    if (fstat(file, &about) == 0 && !S_ISDIR(about.st_mode))
        rights &= ON_FILES;
    const struct beneath rule = {rights, file};
    const long result = syscall(SYS_landlock_add_rule, ruleset, RULE_PATH_BENEATH, &rule, 0);
    const int error = errno;
    close(file);
    if (result != 0 && error != EBADFD)
        return fault_errno(fault, error, "no Landlock rule for %s", path);
    return STATUS_OK;
}

static enum status allow_all(int ruleset, const char *const *paths, size_t count, uint64_t rights,
                             struct fault *fault)
{
    for (size_t i = 0; i < count; i++) {
        const enum status status = allow(ruleset, paths[i], rights, fault);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

static enum status restrict_to(int ruleset, const struct sandbox_wish *wish, uint64_t handled,
                               struct fault *fault)
{
    enum status status =
        allow_all(ruleset, wish->readable, wish->readable_count, TO_READ & handled, fault);
    if (status == STATUS_OK)
        status =
            allow_all(ruleset, wish->writable, wish->writable_count, TO_WRITE & handled, fault);
    if (status == STATUS_OK && IS_SANITIZED) /* leak detection looks at the process from outside */
        status = allow(ruleset, "/proc", TO_READ, fault);
    if (status == STATUS_OK && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        status = fault_errno(fault, errno, "privileges cannot be given up");
    if (status == STATUS_OK && syscall(SYS_landlock_restrict_self, ruleset, 0) != 0)
        status = fault_errno(fault, errno, "Landlock");
    return status;
}

enum status landlock_close(const struct sandbox_wish *wish, int *abi, struct fault *fault)
{
    *abi = 0;
    const long offered = syscall(SYS_landlock_create_ruleset, NULL, 0, CREATE_VERSION);
    if (offered < 0 && (errno == ENOSYS || errno == EOPNOTSUPP))
        return fault_set(fault, STATUS_REFUSED, 0, "kernel without Landlock");
    if (offered < 0)
        return fault_errno(fault, errno, "Landlock");
    const struct ruleset rights = all_rights(offered);
    const int ruleset =
        (int)syscall(SYS_landlock_create_ruleset, &rights, ruleset_length(offered), 0);
    if (ruleset < 0)
        return fault_errno(fault, errno, "Landlock");
    const enum status status = restrict_to(ruleset, wish, rights.files, fault);
    close(ruleset);
    if (status == STATUS_OK)
        *abi = (int)offered;
    return status;
}
