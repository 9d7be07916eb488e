/* Rules from a folder or an archive into one bundle of this user's. */
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/rule_desk.h"
#include "cli/sheet.h"
#include "evidence/evidence.h"
#include "rules/load/bundle.h"
#include "rules/load/file.h"
#include "sandbox/sandbox.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct arguments {
    struct text_list words;
    const char *roll_back;
    bool list, no_sandbox;
};

#define ARCHIVE_MAX     ((uint64_t)1 << 30) /* bytes that it may unfold to */
#define READ_STEP       ((size_t)64 << 10)
#define BUNDLE_NAME_MAX 64

/* --- Names and places --- */

static bool is_name(const char *name)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                  "._-";
    const size_t length = strlen(name);
    return length > 0 && length <= BUNDLE_NAME_MAX && strspn(name, allowed) == length &&
           name[0] != '.' && strcmp(name, "builtin") != 0;
}

/* sigma_all_rules.zip is sigma_all_rules. */
static char *name_of(const char *source)
{
    size_t end = strlen(source);
    while (end > 1 && source[end - 1] == '/')
        end--;
    size_t start = end;
    while (start && source[start - 1] != '/')
        start--;
    char *name = strndup(source + start, end - start);
    struct stat info;
    if (name && stat(source, &info) == 0 && !S_ISDIR(info.st_mode))
        name[strcspn(name, ".")] = '\0';
    return name;
}

static char *bundle_path(const char *folder, const char *name)
{
    char *path = NULL;
    return asprintf(&path, "%s/%s" BUNDLE_SUFFIX, folder, name) < 0 ? NULL : path;
}

/* --- Reading the source --- */

static bool is_rule_path(const char *path)
{
    const char *dot = strrchr(path, '.');
    const char *slash = strrchr(path, '/');
    return dot && (!slash || slash[1] != '.') &&
           (strcmp(dot, ".yml") == 0 || strcmp(dot, ".yaml") == 0);
}

/* A path in the bundle begins below the source. */
static const char *path_below(const char *path, const char *source)
{
    const size_t length = strlen(source);
    if (strncmp(path, source, length) != 0)
        return path;
    path += length;
    path += path[0] == '!';
    return path + strspn(path, "/");
}

static enum status text_read(struct source *from, struct buffer *text, struct fault *fault)
{
    enum status status = STATUS_OK;
    while (status == STATUS_OK) {
        size_t got = 0;
        uint8_t *room = buffer_room(text, READ_STEP);
        if (!room)
            return fault_set(fault, STATUS_MEMORY, 0, "no memory for a rule");
        status = source_read(from, room, READ_STEP, &got, fault);
        text->length += got;
        if (text->length > LOAD_FILE_MAX)
            return fault_set(fault, STATUS_REFUSED, 0, "a rule file larger than %u MiB",
                             LOAD_FILE_MAX >> 20);
    }
    return status == STATUS_END ? STATUS_OK : status;
}

static enum status source_take(struct source *from, const char *source, struct book *book,
                               struct fault *fault)
{
    const char *path = source_path(from);
    const struct fault *verdict = source_fault(from);
    if (source_kind(from) != SOURCE_BYTES)
        return source_kind(from) == SOURCE_ARCHIVE && verdict
                   ? fault_set(fault, STATUS_INVALID, 0, "%.100s: %.120s", path, verdict->reason)
                   : STATUS_OK;
    if (!is_rule_path(path))
        return STATUS_OK;
    struct buffer text = {0};
    struct fault inner = {0};
    enum status status = text_read(from, &text, &inner);
    if (status)
        status = fault_set(fault, STATUS_INVALID, 0, "%.100s: %.120s", path, inner.reason);
    else
        status = book_add(book, path_below(path, source), buffer_view(&text), fault);
    buffer_release(&text);
    return status;
}

/* Folders and archives alike, as evidence is read. */
static enum status source_read_all(const char *source, struct book *book, struct fault *fault)
{
    struct evidence *evidence = NULL;
    const struct evidence_options options = {
        .hash = EVIDENCE_HASH_NONE, .archive_limit = ARCHIVE_MAX, .stop = console_catch_stop()};
    enum status status = evidence_open(&source, 1, &options, &evidence, fault);
    while (status == STATUS_OK) {
        struct source *from;
        status = *options.stop ? fault_set(fault, STATUS_STOPPED, 0, "stopped")
                               : evidence_next(evidence, &from, fault);
        if (status == STATUS_OK)
            status = source_take(from, source, book, fault);
    }
    if (evidence)
        evidence_close(evidence);
    return status == STATUS_END ? STATUS_OK : status;
}

/* --- The commands --- */

/* Says how many of the bundle's rules load; STATUS_INVALID when none does. */
static enum status bundle_try(const char *path, struct fault *fault)
{
    const struct load_options options = {.sources = &path, .source_count = 1};
    struct names *fields = fields_new();
    struct load_result loaded = {0};
    enum status status = fields ? rules_load(&options, fields, &loaded, fault)
                                : fault_set(fault, STATUS_MEMORY, 0, "no memory");
    if (status == STATUS_OK) {
        const uint32_t count = ruleset_count(loaded.ruleset);
        const uint32_t refused = ruleset_refusal_count(loaded.ruleset);
        printf("%u rules, %u refused\n", count, refused);
        if (count == 0)
            status = fault_set(fault, STATUS_INVALID, 0, "none of its rules can be loaded");
    }
    ruleset_free(loaded.ruleset);
    names_free(fields);
    return status;
}

static void sandbox_begin(const struct arguments *arguments, const char *source, const char *folder)
{
    struct sandbox_state state;
    struct fault fault = {0};
    const struct sandbox_wish wish = {
        .readable = &source, .readable_count = 1, .writable = &folder, .writable_count = 1};
    if (!arguments->no_sandbox && sandbox_close(&wish, &state, &fault) != STATUS_OK)
        console_warn("%s", fault.reason);
}

/* A bundle is tried before it takes the place of the one before. */
static enum status import(const struct arguments *arguments, const char *folder, const char *source,
                          const char *path, struct fault *fault)
{
    struct book book;
    char *trial = bundle_path(folder, ".new");
    book_init(&book);
    enum status status =
        trial ? folder_make(folder, fault) : fault_set(fault, STATUS_MEMORY, 0, "no memory");
    if (status == STATUS_OK) {
        sandbox_begin(arguments, source, folder);
        status = source_read_all(source, &book, fault);
    }
    if (status == STATUS_OK && book.count == 0)
        status = fault_set(fault, STATUS_INVALID, 0, "%s has no rule files", source);
    if (status == STATUS_OK)
        status = bundle_write(trial, &book, fault);
    if (status == STATUS_OK)
        status = bundle_try(trial, fault);
    if (status == STATUS_OK)
        status = bundle_place(trial, path, fault);
    if (status && trial)
        remove(trial);
    free(trial);
    book_release(&book);
    return status;
}

static enum status import_named(const struct arguments *arguments, const char *folder,
                                struct fault *fault)
{
    const char *source = arguments->words.items[0];
    struct stat info;
    if (stat(source, &info) != 0)
        return fault_errno(fault, errno, "cannot read %s", source);
    char *name = arguments->words.count > 1 ? strdup(arguments->words.items[1]) : name_of(source);
    char *path = name ? bundle_path(folder, name) : NULL;
    enum status status = STATUS_OK;
    if (!path)
        status = fault_set(fault, STATUS_MEMORY, 0, "no memory");
    else if (!is_name(name))
        status =
            fault_set(fault, STATUS_INVALID, 0, "`%s` is no name for a bundle; give another", name);
    if (status == STATUS_OK)
        status = import(arguments, folder, source, path, fault);
    if (status == STATUS_OK)
        printf("`-r %s` means them from now on\n", name);
    free(path);
    free(name);
    return status;
}

static enum status roll_back(const char *folder, const char *name, struct fault *fault)
{
    char *path = bundle_path(folder, name);
    if (!path)
        return fault_set(fault, STATUS_MEMORY, 0, "no memory");
    enum status status = is_name(name)
                             ? bundle_roll_back(path, fault)
                             : fault_set(fault, STATUS_INVALID, 0, "no bundle is called %s", name);
    if (status == STATUS_OK)
        printf("`-r %s` means what it meant before the newest import\n", name);
    free(path);
    return status;
}

static const struct sheet_column bundle_columns[] = {
    {"bundle", 32, false}, {"files", 7, true}, {"imported", 19, false}, {"", 0, false}, {0},
};

static void bundle_row(struct sheet *sheet, const char *folder, const char *name)
{
    struct book book;
    struct stat info;
    struct fault fault = {0};
    char *path = bundle_path(folder, name);
    book_init(&book);
    const enum status status =
        path ? bundle_read(path, "", &book, &fault) : (enum status)STATUS_MEMORY;
    struct instant time = {.seconds = INSTANT_NONE};
    if (path && stat(path, &info) == 0)
        time = (struct instant){.seconds = info.st_mtime};
    sheet_text(sheet, bytes_of_text(name));
    sheet_number(sheet, book.count);
    sheet_time(sheet, time);
    sheet_text(sheet, bytes_of_text(status ? fault.reason : ""));
    book_release(&book);
    free(path);
}

static int is_bundle(const struct dirent *entry)
{
    const size_t length = strlen(entry->d_name), suffix = strlen(BUNDLE_SUFFIX);
    return length > suffix && strcmp(entry->d_name + length - suffix, BUNDLE_SUFFIX) == 0 &&
           entry->d_name[0] != '.';
}

static enum status list(const char *folder, struct fault *fault)
{
    struct dirent **entries = NULL;
    struct output *output = NULL;
    struct buffer text = {0};
    const int count = scandir(folder, &entries, is_bundle, alphasort);
    enum status status = output_open(NULL, &output, fault);
    if (status == STATUS_OK) {
        struct sheet sheet = sheet_for(output, &text);
        sheet_begin(&sheet, NULL, bundle_columns);
        for (int i = 0; i < count; i++) {
            entries[i]->d_name[strlen(entries[i]->d_name) - strlen(BUNDLE_SUFFIX)] = '\0';
            bundle_row(&sheet, folder, entries[i]->d_name);
        }
        status = output_close(output, output_drain(output, &text, fault), fault);
    }
    for (int i = 0; i < count; i++)
        free(entries[i]);
    free(entries);
    buffer_release(&text);
    return status;
}

static int import_run(void *given)
{
    const struct arguments *arguments = given;
    const bool is_import = !arguments->list && !arguments->roll_back;
    struct fault fault = {0};
    if (is_import ? arguments->words.count < 1 || arguments->words.count > 2
                  : arguments->words.count > 0 || (arguments->list && arguments->roll_back)) {
        console_error("give a folder or an archive, and a name if you like; or --rollback; or "
                      "--list");
        return EXIT_USAGE;
    }
    char *folder = user_bundle_folder();
    if (!folder) {
        console_error("neither XDG_DATA_HOME nor HOME says where bundles are kept");
        return EXIT_USAGE;
    }
    const enum status status = arguments->list ? list(folder, &fault)
                               : arguments->roll_back
                                   ? roll_back(folder, arguments->roll_back, &fault)
                                   : import_named(arguments, folder, &fault);
    free(folder);
    if (status < 0)
        return console_failure(status, &fault);
    return EXIT_DONE;
}

#define AT(member) offsetof(struct arguments, member)

static const struct option import_options[] = {
    {"rollback", 0, "NAME", OPTION_TEXT, AT(roll_back), NULL,
     "change places with what the newest import replaced"},
    {"list", 0, NULL, OPTION_FLAG, AT(list), NULL, "list the bundles that there are"},
    {"no-sandbox", 0, NULL, OPTION_FLAG, AT(no_sandbox), NULL, "keep all rights"},
    {0},
};

static const struct option_group import_groups[] = {
    {"Bundles", import_options, 0},
    {0},
};

const struct command command_rules_import = {
    .name = "rules import",
    .arguments = "SOURCE [NAME]",
    .help = "Make one compressed, checksummed bundle of a folder or an archive of rules",
    .detail =
        "SOURCE is a folder, or an archive such as a release of SigmaHQ. The bundle goes by its "
        "NAME (`-r NAME`); without one it is called like its source. It is tried first and then "
        "put in place at once; the one before is kept for --rollback. Antivirus quarantines "
        "folders of rules; bundles it leaves alone. They are in $XDG_DATA_HOME/impound/bundles.",
    .groups = import_groups,
    .size = sizeof(struct arguments),
    .positional = AT(words),
    .run = import_run,
};
