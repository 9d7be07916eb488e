/* A capture's events as Zeek writes them with LogAscii::use_json=T: Zeek's fields in Zeek's order
 * and types, times and spans in seconds. Logs that Zeek lacks have all their fields. */
#ifndef IMPOUND_CLI_ZEEK_H
#define IMPOUND_CLI_ZEEK_H

#include "base/buffer.h"
#include "event/event.h"

struct zeek_writer;

/* NULL without memory. Several threads may write with it. */
struct zeek_writer *zeek_writer_new(struct names *fields);
void zeek_writer_free(struct zeek_writer *writer);

/* The log that an event goes to, or none: it is of no capture. */
struct bytes zeek_log(const struct event *event);

/* One line of JSON without its end; the log's name stands in it as `_path` when `is_named`. */
void zeek_write(const struct zeek_writer *writer, const struct event *event, bool is_named,
                struct buffer *to);

#endif
