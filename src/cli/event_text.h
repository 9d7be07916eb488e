/* Events in the structure of `dump`, whatever format they came in: as their own reader renders
 * them, or put together from their fields, as evtx_dump would show them had they been an event log.
 */
#ifndef IMPOUND_CLI_EVENT_TEXT_H
#define IMPOUND_CLI_EVENT_TEXT_H

#include "pipeline/pipeline.h"

struct event_writer;

/* One for all threads: it does not change. NULL without memory. */
struct event_writer *event_writer_new(struct names *fields);
void event_writer_free(struct event_writer *writer);

/* Whether the field belongs to Windows' System element. */
bool event_writer_is_system(const struct event_writer *writer, name_id field);

/* Where the event comes from: its channel, or the log of a wire event (`_path`). */
struct bytes event_channel(const struct event *event);

/* Appends the event as one line without its end. */
void event_write(const struct event_writer *writer, const struct pipeline_view *view,
                 enum reader_text text, struct buffer *to);

#endif
