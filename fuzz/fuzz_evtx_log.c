/* Any bytes as a whole log: the cutter, what it says is missing, and the decoder behind it. */
#include "evidence/evidence.h"
#include "evtx_lab.h"
#include "pipeline/pipeline.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length);

static void *thread_new(void *context)
{
    return context;
}

static void thread_done(void *context, void *thread)
{
    (void)context, (void)thread;
}

static void event_look(void *thread, const struct pipeline_view *view, struct buffer *out)
{
    (void)thread;
    lab_event_look(view->event);
    buffer_byte(out, '.');
}

static enum status commit(void *context, struct bytes out, struct fault *fault)
{
    uint64_t *count = context;
    (void)fault;
    *count += out.length;
    return STATUS_OK;
}

static enum status item(void *context, const struct pipeline_item *item, struct fault *fault)
{
    uint64_t *count = context;
    (void)fault;
    /* Other formats count packets and lines. */
    const bool counts_records =
        strcmp(item->type, "evtx") == 0 || strcmp(item->type, "carved") == 0;
    if ((counts_records && item->account->read != *count) ||
        (item->account->is_incomplete && item->account->note_count == 0))
        abort();
    *count = 0; /* an archive has several items */
    return STATUS_OK;
}

static void run(const char *path, bool carve)
{
    struct reader_shared shared = {.carve = carve};
    struct evidence *evidence;
    uint64_t count = 0;
    const struct evidence_options options = {.hash = EVIDENCE_HASH_NONE};
    const struct pipeline_options how = {.shared = &shared, .threads = 1};
    const struct pipeline_work work = {.context = &count,
                                       .thread_new = thread_new,
                                       .thread_done = thread_done,
                                       .event = event_look,
                                       .commit = commit,
                                       .item = item};
    lab_open(&shared);
    if (evidence_open(&path, 1, &options, &evidence, NULL) != STATUS_OK ||
        pipeline_run(evidence, &how, &work, NULL) != STATUS_OK)
        abort();
    evidence_close(evidence);
    lab_close(&shared);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
    char path[64];
    const int file = memfd_create("log", MFD_CLOEXEC);
    if (file < 0 || write(file, data, length) != (ssize_t)length)
        abort();
    snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
    run(path, false);
    run(path, true);
    close(file);
    return 0;
}
