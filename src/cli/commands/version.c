/* What this program is made of, and what it can do on this machine. */
#include "cli/version.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/rule_desk.h"
#include "sandbox/sandbox.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <archive.h>
#include <isa-l.h>
#include <openssl/crypto.h>
#include <pcre2.h>
#include <seccomp.h>
#include <xxhash.h>
#include <yaml.h>
#include <zstd.h>

struct arguments {
    struct text_list none;
};

#ifdef __clang__
#define COMPILER "clang " __clang_version__
#else
#define COMPILER "gcc " __VERSION__
#endif

static void libraries_write(struct buffer *to)
{
    char pcre2[64] = "";
    const struct scmp_version *seccomp = seccomp_version();
    pcre2_config(PCRE2_CONFIG_VERSION, pcre2);
    buffer_format(to, "libraries  pcre2 %s\n", pcre2);
    buffer_format(to, "           %s\n", archive_version_details());
    buffer_format(to, "           %s\n", OpenSSL_version(OPENSSL_VERSION));
    buffer_format(to, "           libyaml %s\n", yaml_get_version_string());
    buffer_format(to, "           zstd %s\n", ZSTD_versionString());
    buffer_format(to, "           xxhash %d.%d.%d\n", XXH_VERSION_MAJOR, XXH_VERSION_MINOR,
                  XXH_VERSION_RELEASE);
    buffer_format(to, "           isa-l %d.%d.%d\n", ISAL_MAJOR_VERSION, ISAL_MINOR_VERSION,
                  ISAL_PATCH_VERSION);
    buffer_format(to, "           libseccomp %u.%u.%u\n", seccomp->major, seccomp->minor,
                  seccomp->micro);
}

/* The sandbox is closed in earnest: that is how to know. */
static void sandbox_write(struct buffer *to)
{
    const struct sandbox_wish wish = {0};
    struct sandbox_state state;
    const enum status status = sandbox_close(&wish, &state, NULL);
    buffer_format(to, "sandbox    %s%s\n", state.line, status ? " (incomplete)" : "");
}

static enum status version_write(void *context, const struct rule_desk *desk, struct output *output,
                                 struct fault *fault)
{
    struct buffer text = {0};
    (void)context;
    buffer_format(&text, "impound    %s\n", version_text());
    buffer_format(&text, "compiler   %s\n", COMPILER);
    libraries_write(&text);
    buffer_format(&text, "rules      %u built in, hash %016llx\n",
                  ruleset_count(desk->loaded.ruleset), (unsigned long long)desk->loaded.hash);
    sandbox_write(&text);
    const enum status status = output_drain(output, &text, fault);
    buffer_release(&text);
    return status;
}

static int version_run(void *given)
{
    const struct rule_options builtin = {0};
    (void)given;
    return rule_desk_run(&builtin, NULL, version_write, NULL);
}

static const struct option_group version_groups[] = {{0}};

const struct command command_version = {
    .name = "version",
    .help = "Say what this program is made of, and what its sandbox is on this machine",
    .groups = version_groups,
    .size = sizeof(struct arguments),
    .run = version_run,
};
