/* Whether a file of a ledger is as it must be; its signature is not looked at. */
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/output.h"
#include "ledger/ledger.h"
#include "reports/escape.h"

#define FILE_ROOM ((size_t)64 << 20)

struct arguments {
    struct text_list files;
};

static void name_write(struct buffer *to, const char *path, uint64_t line)
{
    escape_text(to, bytes_of_text(path));
    if (line)
        buffer_format(to, ":%llu", (unsigned long long)line);
    buffer_text(to, ": ");
}

static void check_write(struct buffer *to, const char *path, const struct ledger_check *check)
{
    name_write(to, path, 0);
    buffer_text(to, check->kind == LEDGER_ENGAGEMENT ? "engagement " : "withdrawal of ");
    escape_text(to, bytes_of_text(check->id));
    buffer_byte(to, '\n');
    for (uint32_t i = 0; i < check->note_count; i++) {
        name_write(to, path, 0);
        buffer_format(to, "note: %s\n", check->notes[i]);
    }
}

/* Whether the file is good. */
static bool file_check(const char *path, struct buffer *to)
{
    struct arena arena;
    struct ledger_check check;
    struct fault fault = {0};
    arena_init(&arena, FILE_ROOM);
    const enum status status = ledger_check_file(path, &arena, &check, &fault);
    if (status == STATUS_OK) {
        check_write(to, path, &check);
    } else {
        name_write(to, path, fault.offset);
        escape_text(to, bytes_of_text(fault.reason));
        buffer_byte(to, '\n');
    }
    arena_release(&arena);
    return status == STATUS_OK;
}

static int check_run(void *given)
{
    const struct arguments *arguments = given;
    struct output *output = NULL;
    struct buffer text = {0};
    struct fault fault = {0};
    bool is_good = true;
    if (!arguments->files.count) {
        console_error("which files? `impound engagement check FILE…`");
        return EXIT_USAGE;
    }
    for (size_t i = 0; i < arguments->files.count; i++)
        is_good &= file_check(arguments->files.items[i], &text);
    enum status status = output_open(NULL, &output, &fault);
    if (status == STATUS_OK)
        status = output_close(output, output_drain(output, &text, &fault), &fault);
    buffer_release(&text);
    if (status)
        return console_failure(status, &fault);
    return is_good ? EXIT_DONE : EXIT_INVALID;
}

static const struct option_group check_groups[] = {{0}};

const struct command command_engagement_check = {
    .name = "engagement check",
    .arguments = "FILE…",
    .help = "Say what is wrong with engagements and withdrawals: file, line, reason",
    .detail = "Signatures are not looked at. Exit status 3 when a file is invalid.",
    .groups = check_groups,
    .size = sizeof(struct arguments),
    .positional = offsetof(struct arguments, files),
    .run = check_run,
};
