/* Records as JSON or XML, one a line, in the order of the evidence. */
#include "cli/commands.h"
#include "cli/event_text.h"
#include "cli/workbench.h"

#include <string.h>

struct arguments {
    struct workbench_options bench;
    const char *format, *output;
};

struct dump {
    const struct arguments *arguments;
    struct workbench *bench;
    struct event_writer *writer;
    enum reader_text text;
};

static void event_seen(void *thread, const struct pipeline_view *view, struct buffer *out)
{
    const struct dump *dump = thread;
    if (!span_holds(&dump->bench->span, view->event->time))
        return;
    event_write(dump->writer, view, dump->text, out);
    buffer_byte(out, '\n');
}

static enum status dump_begin(void *context, struct workbench *bench, struct pipeline_work *work,
                              struct fault *fault)
{
    struct dump *dump = context;
    const char *format = dump->arguments->format;
    dump->bench = bench;
    dump->text = format && strcmp(format, "xml") == 0 ? READER_TEXT_XML : READER_TEXT_JSON;
    dump->writer = event_writer_new(bench->fields);
    work->event = event_seen;
    return dump->writer ? STATUS_OK : fault_set(fault, STATUS_MEMORY, 0, "no memory");
}

static void dump_release(void *context)
{
    const struct dump *dump = context;
    event_writer_free(dump->writer);
}

static int dump_run(void *given)
{
    const struct arguments *arguments = given;
    struct dump dump = {.arguments = arguments};
    const struct workbench_job job = {.what = "dump",
                                      .output = arguments->output,
                                      .no_fields = true,
                                      .is_streaming = true,
                                      .context = &dump,
                                      .begin = dump_begin,
                                      .release = dump_release};
    return workbench_run(&arguments->bench, &job);
}

#define AT(member) offsetof(struct arguments, member)

static const struct option dump_options[] = {
    {"format", 't', "FORMAT", OPTION_TEXT, AT(format), "jsonl|xml", "how to write records"},
    {"output", 'o', "FILE", OPTION_TEXT, AT(output), NULL, "write there instead"},
    {0},
};

static const struct option_group dump_groups[] = {
    {"Evidence", workbench_evidence_options, AT(bench)},
    {"Keys", workbench_key_options, AT(bench)},
    {"Output", dump_options, 0},
    {"Running", workbench_run_options, AT(bench)},
    {0},
};

const struct command command_dump = {
    .name = "dump",
    .arguments = "PATH…",
    .help = "Write the records of event logs as JSON lines or XML",
    .detail =
        "One record a line, in the order of the evidence, in the structure and with the values of "
        "`evtx_dump -o jsonl`. Events of JSON and XML exports are written in the same structure; "
        "what a capture shows, as JSON with the names of Zeek's logs, or as XML with the same "
        "names as event data.",
    .groups = dump_groups,
    .size = sizeof(struct arguments),
    .positional = AT(bench.paths),
    .run = dump_run,
};
