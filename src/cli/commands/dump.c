/* Records as JSON or XML, one a line, in the order of the evidence, or as Zeek's logs. */
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/event_text.h"
#include "cli/log_folder.h"
#include "cli/workbench.h"
#include "cli/zeek.h"

#include <string.h>

struct arguments {
    struct workbench_options bench;
    const char *format, *output, *as;
};

struct dump {
    const struct arguments *arguments;
    struct workbench *bench;
    struct event_writer *writer;
    struct zeek_writer *zeek;
    struct log_folder *folder; /* NULL: all logs go to the output */
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

static void zeek_event_seen(void *thread, const struct pipeline_view *view, struct buffer *out)
{
    const struct dump *dump = thread;
    const struct bytes log = zeek_log(view->event);
    if (!log.length || !span_holds(&dump->bench->span, view->event->time))
        return;
    if (dump->folder)
        log_folder_line(out, log);
    zeek_write(dump->zeek, view->event, !dump->folder, out);
    buffer_byte(out, '\n');
}

static enum status folder_commit(void *context, struct bytes out, struct fault *fault)
{
    const struct dump *dump = context;
    return log_folder_write(dump->folder, out, fault);
}

static enum status zeek_begin(struct dump *dump, struct pipeline_work *work, struct fault *fault)
{
    const char *folder = dump->arguments->output;
    work->event = zeek_event_seen;
    dump->zeek = zeek_writer_new(dump->bench->fields);
    if (!dump->zeek)
        return fault_set(fault, STATUS_MEMORY, 0, "no memory");
    if (!folder || strcmp(folder, "-") == 0)
        return STATUS_OK;
    work->commit = folder_commit;
    dump->bench->folder = folder;
    return log_folder_open(folder, &dump->folder, fault);
}

static enum status dump_begin(void *context, struct workbench *bench, struct pipeline_work *work,
                              struct fault *fault)
{
    struct dump *dump = context;
    const char *format = dump->arguments->format;
    dump->bench = bench;
    if (dump->arguments->as)
        return zeek_begin(dump, work, fault);
    dump->text = format && strcmp(format, "xml") == 0 ? READER_TEXT_XML : READER_TEXT_JSON;
    dump->writer = event_writer_new(bench->fields);
    work->event = event_seen;
    return dump->writer ? STATUS_OK : fault_set(fault, STATUS_MEMORY, 0, "no memory");
}

static enum status dump_end(void *context, struct workbench *bench, struct fault *fault)
{
    struct dump *dump = context;
    struct log_folder *folder = dump->folder;
    (void)bench;
    dump->folder = NULL;
    return folder ? log_folder_close(folder, STATUS_OK, fault) : STATUS_OK;
}

static void dump_release(void *context)
{
    const struct dump *dump = context;
    event_writer_free(dump->writer);
    zeek_writer_free(dump->zeek);
    if (dump->folder)
        log_folder_close(dump->folder, STATUS_STOPPED, NULL);
}

static int dump_run(void *given)
{
    const struct arguments *arguments = given;
    struct dump dump = {.arguments = arguments};
    const struct workbench_job job = {.what = "dump",
                                      .output = arguments->as ? NULL : arguments->output,
                                      .no_fields = !arguments->as,
                                      .is_streaming = true,
                                      .context = &dump,
                                      .begin = dump_begin,
                                      .end = dump_end,
                                      .release = dump_release};
    if (arguments->as && arguments->format) {
        console_error("--as zeek has a format of its own; leave out --format");
        return EXIT_USAGE;
    }
    return workbench_run(&arguments->bench, &job);
}

#define AT(member) offsetof(struct arguments, member)

static const struct option dump_options[] = {
    {"format", 't', "FORMAT", OPTION_TEXT, AT(format), "jsonl|xml", "how to write records"},
    {"as", 0, "TOOL", OPTION_TEXT, AT(as), "zeek",
     "write captures as this tool's logs; -o then names a folder for a file each"},
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
        "names as event data.\n"
        "With `--as zeek`, what a capture shows is written as Zeek does with LogAscii::use_json=T: "
        "Zeek's fields and types in conn.log, dns.log, smb_files.log and so on, and whole logs "
        "that Zeek lacks. Without -o all go to the output, each line with its `_path`.",
    .groups = dump_groups,
    .size = sizeof(struct arguments),
    .positional = AT(bench.paths),
    .run = dump_run,
};
