/* What holds of each file of a ledger: who signed it, and whether it counts. */
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/output.h"
#include "ledger/ledger.h"
#include "reports/escape.h"

struct arguments {
    struct text_list folders;
    const char *signers;
};

static void member_write(struct buffer *to, const char *before, const char *text)
{
    if (!text)
        return;
    buffer_text(to, before);
    escape_text(to, bytes_of_text(text));
}

static void file_write(struct buffer *to, const struct ledger_file *file)
{
    static const char *const kinds[] = {
        [LEDGER_ENGAGEMENT] = "engagement",
        [LEDGER_REVOCATION] = "withdrawal of",
        [LEDGER_BROKEN] = "broken",
    };
    member_write(to, "", file->path);
    buffer_format(to, ": %s: %s", file->is_used ? "counts" : "does not count", kinds[file->kind]);
    member_write(to, " ", file->id);
    member_write(to, ", signed by ", file->signer);
    member_write(to, file->signer ? " with " : ", signed with ", file->key);
    buffer_byte(to, '\n');
}

static void remark_write(struct buffer *to, const struct ledger_remark *remark)
{
    static const char *const troubles[] = {
        [LEDGER_NOTE] = "note",
        [LEDGER_INVALID] = "invalid",
        [LEDGER_UNVERIFIED] = "not verified",
    };
    member_write(to, "", remark->path);
    if (remark->line)
        buffer_format(to, ":%u", remark->line);
    buffer_format(to, ": %s", troubles[remark->trouble]);
    member_write(to, ": ", remark->reason);
    buffer_byte(to, '\n');
}

static enum status ledger_write(const struct ledger *ledger, struct fault *fault)
{
    struct output *output = NULL;
    struct buffer text = {0};
    for (uint32_t i = 0; i < ledger_file_count(ledger); i++)
        file_write(&text, ledger_file(ledger, i));
    for (uint32_t i = 0; i < ledger_remark_count(ledger); i++)
        remark_write(&text, ledger_remark(ledger, i));
    enum status status = output_open(NULL, &output, fault);
    if (status == STATUS_OK)
        status = output_close(output, output_drain(output, &text, fault), fault);
    buffer_release(&text);
    return status;
}

static int verify_run(void *given)
{
    const struct arguments *arguments = given;
    struct ledger *ledger = NULL;
    struct fault fault = {0};
    if (arguments->folders.count != 1 || !arguments->signers) {
        console_error("one folder and --signers: `impound engagement verify DIR --signers FILE`");
        return EXIT_USAGE;
    }
    enum status status =
        ledger_read(arguments->folders.items[0], arguments->signers, &ledger, &fault);
    if (status)
        return console_failure(status, &fault);
    const int result = ledger_has(ledger, LEDGER_UNVERIFIED) ? EXIT_UNVERIFIED
                       : ledger_has(ledger, LEDGER_INVALID)  ? EXIT_INVALID
                                                             : EXIT_DONE;
    status = ledger_write(ledger, &fault);
    ledger_free(ledger);
    return status ? console_failure(status, &fault) : result;
}

#define AT(member) offsetof(struct arguments, member)

static const struct option verify_options[] = {
    {"signers", 0, "FILE", OPTION_TEXT, AT(signers), NULL,
     "who may sign: an OpenSSH allowed-signers file"},
    {0},
};

static const struct option_group verify_groups[] = {{"Options", verify_options, 0}, {0}};

const struct command command_engagement_verify = {
    .name = "engagement verify",
    .arguments = "DIR",
    .help = "Say of each file of a ledger who signed it and whether it counts",
    .detail = "Exit status 5 when a signature is missing, wrong or not allowed, else 3 when a file "
              "is invalid.",
    .groups = verify_groups,
    .size = sizeof(struct arguments),
    .positional = AT(folders),
    .run = verify_run,
};
