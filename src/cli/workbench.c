#include "cli/workbench.h"

#include "cli/console.h"
#include "secrets/secrets.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define SHAPES_MAX 65536U

#define AT(member) offsetof(struct workbench_options, member)

const struct option workbench_evidence_options[] = {
    {"directory", 'd', "DIR", OPTION_LIST, AT(directories), NULL, "a folder of evidence"},
    {"file", 'f', "FILE", OPTION_LIST, AT(files), NULL, "a piece of evidence"},
    {"from", 0, "TIME", OPTION_TEXT, AT(from), NULL, "leave out what is older (RFC 3339)"},
    {"to", 0, "TIME", OPTION_TEXT, AT(to), NULL, "leave out what is newer"},
    {"carve", 0, NULL, OPTION_FLAG, AT(carve), NULL,
     "also find records in slack space, broken chunks and raw images"},
    {0},
};

const struct option workbench_key_options[] = {
    {"keytab", 0, "FILE", OPTION_LIST, AT(keytabs), NULL,
     "open with the keys of this keytab (again for more)"},
    {"passwords", 0, "FILE", OPTION_LIST, AT(passwords), NULL,
     "open with these passwords: lines of [DOMAIN\\]user:password, or the NT hash in hex"},
    {"tls-keylog", 0, "FILE", OPTION_LIST, AT(keylogs), NULL,
     "open TLS with this key log (SSLKEYLOGFILE)"},
    {0},
};

const struct option workbench_run_options[] = {
    {"threads", 0, "N", OPTION_NUMBER, AT(threads), NULL, "threads (default: one a processor)"},
    {"strict", 0, NULL, OPTION_FLAG, AT(strict), NULL, "exit 4 when evidence is incomplete"},
    {"no-sandbox", 0, NULL, OPTION_FLAG, AT(no_sandbox), NULL, "keep all rights"},
    {"quiet", 'q', NULL, OPTION_FLAG, AT(quiet), NULL, "no warnings and no progress"},
    {0},
};

/* --- What was asked for --- */

static bool time_parse(const char *name, const char *text, struct instant *time)
{
    *time = (struct instant){.seconds = INSTANT_NONE};
    if (!text || instant_parse(bytes_of_text(text), time) == STATUS_OK)
        return true;
    console_error("--%s takes a time such as 2026-03-01T12:00:00Z, not `%s`", name, text);
    return false;
}

bool span_holds(const struct span *span, struct instant time)
{
    return (!instant_is_known(span->from) || instant_compare(time, span->from) >= 0) &&
           (!instant_is_known(span->to) || instant_compare(time, span->to) <= 0);
}

static bool paths_gather(const struct workbench_options *options, struct text_list *paths)
{
    const struct text_list *const lists[] = {&options->paths, &options->directories,
                                             &options->files};
    for (size_t i = 0; i < COUNT_OF(lists); i++)
        for (size_t j = 0; j < lists[i]->count; j++)
            if (!text_list_add(paths, lists[i]->items[j]))
                return false;
    return true;
}

/* A path that is not there is told in its account, like all that cannot be read; when none is
 * there, the command line is wrong. */
static bool is_any_there(const struct text_list *paths)
{
    struct stat info;
    for (size_t i = 0; i < paths->count; i++)
        if (strcmp(paths->items[i], "-") == 0 || stat(paths->items[i], &info) == 0 ||
            errno != ENOENT)
            return true;
    if (paths->count)
        console_error("%s: %s", paths->items[0], strerror(ENOENT));
    else
        console_error("no evidence was named; give files or folders");
    return false;
}

/* --- The parts --- */

typedef enum status secrets_add(struct secrets *secrets, const char *path, struct fault *fault);

static enum status secrets_add_all(struct secrets *secrets, const struct text_list *paths,
                                   secrets_add *add, struct fault *fault)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < paths->count; i++)
        status = add(secrets, paths->items[i], fault);
    return status;
}

/* Reads the files of keys, while files may be read. */
static enum status secrets_begin(struct workbench *bench, const struct workbench_options *options,
                                 struct fault *fault)
{
    if (!options->keytabs.count && !options->passwords.count && !options->keylogs.count)
        return STATUS_OK;
    bench->secrets = secrets_new();
    if (!bench->secrets)
        return fault_set(fault, STATUS_MEMORY, 0, "no memory");
    bench->shared.secrets = bench->secrets;
    enum status status =
        secrets_add_all(bench->secrets, &options->keytabs, secrets_add_keytab, fault);
    if (status == STATUS_OK)
        status = secrets_add_all(bench->secrets, &options->passwords, secrets_add_passwords, fault);
    if (status == STATUS_OK)
        status = secrets_add_all(bench->secrets, &options->keylogs, secrets_add_keylog, fault);
    return status;
}

const char *workbench_spill_folder(void)
{
    const char *folder = getenv("TMPDIR");
    return folder && *folder == '/' ? folder : "/tmp";
}

enum status workbench_init(struct workbench *bench, const struct workbench_options *options,
                           struct fault *fault)
{
    bench->options = options;
    bench->stop = console_catch_stop();
    bench->fields = fields_new();
    bench->shapes = shapes_new(SHAPES_MAX);
    bench->shared = (struct reader_shared){.fields = bench->fields,
                                           .shapes = bench->shapes,
                                           .carve = options->carve,
                                           .is_alone = options->threads == 1};
    if (!bench->fields || !bench->shapes)
        return fault_set(fault, STATUS_MEMORY, 0, "no memory");
    return secrets_begin(bench, options, fault);
}

void workbench_close_sandbox(struct workbench *bench, const char *const *readable, size_t count)
{
    if (bench->options->no_sandbox) {
        strcpy(bench->sandbox.line, "none (--no-sandbox)");
        return;
    }
    const char *folders[2];
    size_t folder_count = 0;
    if (bench->output && output_folder(bench->output))
        folders[folder_count++] = output_folder(bench->output);
    if (bench->folder)
        folders[folder_count++] = bench->folder;
    const struct sandbox_wish wish = {.readable = readable,
                                      .readable_count = count,
                                      .writable = folders,
                                      .writable_count = folder_count};
    struct fault fault = {0};
    if (sandbox_close(&wish, &bench->sandbox, &fault) != STATUS_OK)
        console_warn("%s", fault.reason);
}

void workbench_release(struct workbench *bench)
{
    if (bench->evidence)
        evidence_close(bench->evidence);
    secrets_free(bench->secrets);
    shapes_free(bench->shapes);
    names_free(bench->fields);
}

/* --- The work, with what all of it has in common --- */

#define OTHERS_NAMED 10U

/* Says what is wrong with an item, if anything. Of what is no evidence only the first are named:
 * a folder may be full of it. */
static void item_warn(struct workbench *bench, const struct pipeline_item *item)
{
    const struct account *account = item->account;
    if (!account->is_incomplete && (item->is_evidence || bench->others++ >= OTHERS_NAMED))
        return;
    const char *note;
    for (uint32_t i = 0; (note = account_note_at(account, i)); i++)
        console_warn("%s: %s", item->path, note);
    if (account->notes_left_out)
        console_warn("%s: %u more of these", item->path, account->notes_left_out);
}

static void *thread_new(void *context)
{
    const struct workbench *bench = context;
    return bench->work.thread_new ? bench->work.thread_new(bench->work.context)
                                  : bench->work.context;
}

static void thread_done(void *context, void *thread)
{
    const struct workbench *bench = context;
    if (bench->work.thread_done)
        bench->work.thread_done(bench->work.context, thread);
}

static enum status batch_commit(void *context, struct bytes out, struct fault *fault)
{
    const struct workbench *bench = context;
    return bench->work.commit ? bench->work.commit(bench->work.context, out, fault)
                              : output_write(bench->output, out, fault);
}

static enum status item_commit(void *context, const struct pipeline_item *item, struct fault *fault)
{
    struct workbench *bench = context;
    bench->is_incomplete |= item->account->is_incomplete;
    if (!*bench->stop)
        item_warn(bench, item);
    return bench->work.item ? bench->work.item(bench->work.context, item, fault) : STATUS_OK;
}

/* --- The whole --- */

static uint64_t evidence_done_any(const void *context)
{
    return evidence_done(context);
}

static enum status pipeline_go(struct workbench *bench, const struct workbench_job *job,
                               struct fault *fault)
{
    const struct pipeline_work work = {.context = bench,
                                       .thread_new = thread_new,
                                       .thread_done = thread_done,
                                       .event = bench->work.event,
                                       .commit = batch_commit,
                                       .item = item_commit};
    const struct pipeline_options options = {
        .shared = &bench->shared, .threads = bench->options->threads, .stop = bench->stop};
    const bool is_shown = !job->is_streaming || !output_is_terminal(bench->output);
    struct progress *progress = is_shown ? progress_start(job->what, evidence_size(bench->evidence),
                                                          evidence_done_any, bench->evidence)
                                         : NULL;
    const enum status status = pipeline_run(bench->evidence, &options, &work, fault);
    progress_stop(progress);
    if (bench->others > OTHERS_NAMED)
        console_warn("%llu more are not evidence",
                     (unsigned long long)(bench->others - OTHERS_NAMED));
    return status;
}

static enum status job_run(struct workbench *bench, const struct text_list *paths,
                           const struct workbench_job *job, struct fault *fault)
{
    const struct evidence_options options = {.hash = job->hash, .stop = bench->stop};
    bench->work.context = job->context;
    bench->shared.no_fields = job->no_fields;
    enum status status =
        evidence_open(paths->items, paths->count, &options, &bench->evidence, fault);
    if (status == STATUS_OK)
        status = output_open(job->output, &bench->output, fault);
    if (status == STATUS_OK)
        status = job->begin(job->context, bench, &bench->work, fault);
    if (status == STATUS_OK) {
        size_t count;
        const char *const *roots = evidence_roots(bench->evidence, &count);
        workbench_close_sandbox(bench, roots, count);
        status = pipeline_go(bench, job, fault);
    }
    if (status == STATUS_OK && job->end)
        status = job->end(job->context, bench, fault);
    if (job->release)
        job->release(job->context);
    return bench->output ? output_close(bench->output, status, fault) : status;
}

int workbench_run(const struct workbench_options *options, const struct workbench_job *job)
{
    struct workbench bench = {0};
    struct text_list paths = {0};
    struct fault fault = {0};
    int result = EXIT_USAGE;
    console_quiet(options->quiet);
    if (!paths_gather(options, &paths))
        console_error("too many paths");
    else if (is_any_there(&paths) && time_parse("from", options->from, &bench.span.from) &&
             time_parse("to", options->to, &bench.span.to)) {
        enum status status = workbench_init(&bench, options, &fault);
        if (status == STATUS_OK)
            status = job_run(&bench, &paths, job, &fault);
        if (status < 0)
            result = console_failure(status, &fault);
        else
            result = options->strict && bench.is_incomplete ? EXIT_INCOMPLETE : EXIT_DONE;
    }
    workbench_release(&bench);
    free(paths.items);
    return result;
}
