/* Records as JSON or XML, one a line, in the order of the evidence. */
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/output.h"
#include "cli/workbench.h"
#include "pipeline/pipeline.h"

#include <stdlib.h>
#include <string.h>

struct arguments {
    struct text_list paths;
    const char *format, *output, *from, *to;
    unsigned threads;
    bool carve, strict, quiet, no_sandbox;
};

struct dump {
    const struct arguments *arguments;
    enum reader_text text;
    struct span span;
    struct output *output;
    bool is_incomplete;
};

static void *dump_thread_new(void *context)
{
    return context;
}

static void dump_thread_done(void *context, void *thread)
{
    (void)context, (void)thread;
}

static void dump_event(void *thread, const struct pipeline_view *view, struct buffer *out)
{
    const struct dump *dump = thread;
    if (!span_holds(&dump->span, view->event->time))
        return;
    if (view->format->render)
        view->format->render(view->decoder, dump->text, out);
    else
        event_write(view->event, dump->text, out);
    buffer_byte(out, '\n');
}

static enum status dump_commit(void *context, struct bytes out, struct fault *fault)
{
    const struct dump *dump = context;
    return output_write(dump->output, out, fault);
}

static enum status dump_item(void *context, const struct pipeline_item *item, struct fault *fault)
{
    struct dump *dump = context;
    (void)fault;
    dump->is_incomplete |= item->account->is_incomplete;
    item_warn(item);
    return STATUS_OK;
}

static int dump_run(void *given)
{
    const struct arguments *arguments = given;
    struct dump dump = {.arguments = arguments};
    dump.text = arguments->format && strcmp(arguments->format, "xml") == 0 ? READER_TEXT_XML
                                                                           : READER_TEXT_JSON;
    console_quiet(arguments->quiet);
    struct workbench bench = {0};
    struct fault fault = {0};
    const struct workbench_wish wish = {.paths = &arguments->paths,
                                        .hash = EVIDENCE_HASH_NONE,
                                        .threads = arguments->threads,
                                        .carve = arguments->carve,
                                        .no_fields = true,
                                        .no_sandbox = arguments->no_sandbox,
                                        .output = arguments->output};
    enum status status = span_parse(&dump.span, arguments->from, arguments->to, &fault);
    if (status == STATUS_OK)
        status = workbench_open(&bench, &wish, &fault);
    if (status == STATUS_OK)
        status = output_open(arguments->output, &dump.output, &fault);
    if (status == STATUS_OK)
        status = workbench_close_sandbox(&bench, &wish, &fault);
    if (status == STATUS_OK) {
        const struct pipeline_work work = {.context = &dump,
                                           .thread_new = dump_thread_new,
                                           .thread_done = dump_thread_done,
                                           .event = dump_event,
                                           .commit = dump_commit,
                                           .item = dump_item};
        status = workbench_run(&bench, "dump", &work, &fault);
    }
    if (dump.output)
        status = output_close(dump.output, status, &fault);
    workbench_release(&bench);
    if (status < 0) {
        console_error("%s", fault.reason);
        return EXIT_USAGE;
    }
    return dump.is_incomplete && arguments->strict ? EXIT_INCOMPLETE : EXIT_DONE;
}

#define AT(member) offsetof(struct arguments, member)

static const struct option dump_options[] = {
    {"format", 't', "FORMAT", OPTION_CHOICE, AT(format), "jsonl|xml", "how to write records"},
    {"output", 'o', "FILE", OPTION_TEXT, AT(output), NULL, "write there instead"},
    {"from", 0, "TIME", OPTION_TEXT, AT(from), NULL, "leave out what is older (RFC 3339)"},
    {"to", 0, "TIME", OPTION_TEXT, AT(to), NULL, "leave out what is newer"},
    {"carve", 0, NULL, OPTION_FLAG, AT(carve), NULL,
     "also find records in slack space, broken chunks and raw images"},
    {"threads", 0, "N", OPTION_NUMBER, AT(threads), NULL, "threads (default: one a processor)"},
    {"strict", 0, NULL, OPTION_FLAG, AT(strict), NULL, "exit 4 when evidence is incomplete"},
    {"no-sandbox", 0, NULL, OPTION_FLAG, AT(no_sandbox), NULL, "keep all rights"},
    {"quiet", 'q', NULL, OPTION_FLAG, AT(quiet), NULL, "no warnings and no progress"},
};

const struct command command_dump = {
    .name = "dump",
    .arguments = "PATH…",
    .help = "Write the records of event logs as JSON lines or XML",
    .options = dump_options,
    .option_count = sizeof(dump_options) / sizeof(dump_options[0]),
    .size = sizeof(struct arguments),
    .positional = AT(paths),
    .run = dump_run,
};
